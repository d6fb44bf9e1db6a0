"""The results as pictures: bars of ratios, and the roofline."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (the backend is chosen first)

from .report import duration  # noqa: E402
from .work import PEERS  # noqa: E402

COLOURS = {
    "plain": "#4477aa",
    "chunked": "#66ccee",
    "fused": "#ee6677",
    "textbook": "#bbbbbb",
    "threads": "#aa3377",
}


def ratios(document: dict[str, Any], path: Path) -> None:
    """Draw how many times faster deeprob is than each peer: a bar a peer, grouped by case, on a log axis."""
    results = [r for r in document["results"] if "ratio" in r]
    if not results:
        return
    figure, axes = plt.subplots(
        figsize=(9, 1.4 + 0.27 * len(results) + 0.3 * len({r["case"] for r in results}))
    )
    y, ticks, labels, last = 0.0, [], [], None
    seen: set[str] = set()
    right = max(r["ratio_high"] for r in results)
    for result in results:
        if result["case"] != last:
            last = result["case"]
            y += 1.6
            axes.annotate(
                result["title"],
                (0.0, y - 0.95),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                fontweight="bold",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
                zorder=5,
            )
        name, column = PEERS[result["peer"]]
        ratio = result["ratio"]
        axes.barh(
            y,
            ratio - 1,
            left=1,
            height=0.8,
            color=COLOURS[column],
            label=column if column not in seen else None,
            zorder=2,
        )
        seen.add(column)
        axes.plot([result["ratio_low"], result["ratio_high"]], [y, y], color="#222222", lw=1, zorder=3)
        axes.annotate(
            f"{ratio:.3g}×  {duration(result['theirs'])}",
            (max(result["ratio_high"], 1.0), y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color="#444444",
        )
        ticks.append(y)
        labels.append(name)
        y += 1
    axes.axvline(1, color="#222222", lw=1.2, zorder=4)
    axes.set_xscale("log")
    left, right = min(0.45, 0.8 * min(r["ratio_low"] for r in results)), right * 4
    marks = [m for m in (0.1, 0.25, 0.5, 1, 2, 4, 10, 30, 100, 300, 1000, 3000, 10000) if left <= m <= right]
    axes.set_xticks(marks, [f"{m:g}×" for m in marks])
    axes.minorticks_off()
    axes.set_xlim(left, right)
    axes.set_yticks(ticks, labels, fontsize=8)
    axes.set_ylim(y + 0.2, 0.0)
    axes.set_xlabel("time of the peer / time of deeprob (right of 1: deeprob is faster)")
    axes.grid(axis="x", color="#dddddd", zorder=0)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="upper right", ncols=len(seen), frameon=False, fontsize=8)
    machine = document["machine"]
    figure.suptitle(
        f"{machine['cpu'].split(' (')[0]}, {machine['threads']} threads", x=0.02, ha="left", fontsize=10
    )
    figure.tight_layout(rect=(0, 0, 1, 0.99))
    figure.savefig(path, dpi=150)
    plt.close(figure)


def roofline(document: dict[str, Any], path: Path) -> None:
    """Draw the roofs, and where loss + gradient of ours and of each peer stand."""
    threads = str(document["machine"]["threads"])
    peaks = document["roofline"].get(threads)
    rows = [r for r in document["results"] if "ratio" in r and r["case"].startswith("loss/softmax")]
    if not peaks or not rows:
        return
    dtypes = [d for d in ("float32", "float64") if any(d in r["case"] for r in rows)]
    figure, grid = plt.subplots(
        1, len(dtypes), figsize=(1 + 4.7 * len(dtypes), 4.8), sharey=True, squeeze=False
    )
    panels = grid[0]
    for axes, dtype in zip(panels, dtypes, strict=True):
        peak, bandwidth = peaks[f"fma_{dtype}"], peaks["read"]
        span = sorted([*(2.0**k for k in range(-1, 7)), peak / bandwidth])
        axes.plot(span, [min(peak, bandwidth * x) for x in span], color="#222222", lw=1.5, zorder=1)
        axes.annotate(f"FMA peak {peak:.0f} GFLOP/s", (span[-1], peak), xytext=(0, 4), ha="right",
                      textcoords="offset points", fontsize=8)  # fmt: skip
        axes.annotate(f"read {bandwidth:.0f} GB/s", (span[1], bandwidth * span[1]), xytext=(10, -6),
                      textcoords="offset points", fontsize=8)  # fmt: skip
        for layout, marker in (("rows", "o"), ("columns", "s")):
            here = [r for r in rows if r["case"] == f"loss/softmax/{dtype}/{layout}"]
            if not here:
                continue
            points = [("deeprob", "#228833", min(r["ours"] for r in here), 1)]
            for column in ("plain", "chunked", "fused"):
                found = [r for r in here if PEERS[r["peer"]][1] == column]
                if found:
                    best = min(found, key=lambda r: r["theirs"])
                    points.append((f"{column} ({PEERS[best['peer']][0]})", COLOURS[column], best["theirs"],
                                   2 if column == "plain" else 1))  # fmt: skip
            for name, colour, seconds, passes in points:
                intensity = here[0]["flops"] / (here[0]["bytes"] * passes)
                shift = 1.0 if layout == "rows" else 1.13
                axes.plot(intensity * shift, here[0]["flops"] / seconds / 1e9, marker, color=colour, ms=8,
                          mec="white", zorder=3, label=f"{name}, {layout}")  # fmt: skip
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_title(f"softmax loss + gradient, {dtype}", fontsize=10)
        axes.set_xlabel("FLOP per byte of X read (plain: X is read twice)")
        axes.grid(color="#e5e5e5", zorder=0)
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        axes.yaxis.set_major_formatter(lambda x, _: f"{x:g}")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.legend(fontsize=7, loc="upper left", frameon=False)
    panels[0].set_ylabel("GFLOP/s (nominal: 4 N D C)")
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)
