"""The main job, ``python -m deeprob``: the lecture's ideas on one data set, with a report.

settings: what the user chose and the recipes; experiment: the computation; optimizers, walks: their
comparison on the images and on landscapes; published: what the slides and the course say; text: the
printed lines; figures, page, report: the HTML; job: one after the other.
"""
