"""L-BFGS as a method of `minimize`; the work is done in csrc/engine/lbfgs.c."""

from typing import Any, Literal

from .._arguments import FloatArray, one_of
from .._lbfgs import LBFGS, resolution
from ._problem import Options, Outcome, Problem, Status, Stop, Watch


def lbfgs(
    problem: Problem,
    x: FloatArray,
    options: Options,
    watch: Watch,
    *,
    m: int = 20,
    c1: float = 1e-4,
    c2: float = 0.9,
    max_evals: int = 20,
    resample: Literal["step", "evaluation"] = "step",
) -> Outcome:
    """Minimize by `deeprob.LBFGS`.

    With minibatches, ``resample="step"`` evaluates f anew on another one after each step, so that line
    searches and pairs see no noise; "evaluation" draws one for each evaluation, and shows what noise does to
    both.
    """
    one_of(resample, "resample", ("step", "evaluation"))
    opt = LBFGS(x, m, c1=c1, c2=c2, max_evals=max_evals)
    problem.held = problem.noisy and resample == "step"
    while True:
        f, g = problem.value_and_grad(opt.ask())
        before = opt.iteration
        task = opt.tell(f, g)
        stop = None
        if task == "searching":
            continue
        if opt.evaluations == 1 or opt.iteration > before:
            stop = watch(opt.x, opt.f, opt.g, lambda: state_of(opt))
        stop = stop or _end(opt, task, options, problem)
        if stop is None and problem.held and opt.iteration > 0:
            problem.next_batch()
            stop = _end(opt, opt.renew(*problem.value_and_grad(opt.x)), options, problem)
        if stop is not None:
            return Outcome(stop)


def state_of(opt: LBFGS) -> dict[str, Any]:
    """Return what there is to see of the solver."""
    return {
        "direction": opt.direction,
        "slope": opt.slope,
        "pairs": opt.pairs,
        "scale": opt.scale,
        "resets": opt.resets,
    }


def _end(opt: LBFGS, task: str, options: Options, problem: Problem) -> Stop | None:
    if task == "stuck":
        return no_lower(opt.f, opt.promised, options, problem)
    if task == "unbounded":
        return unbounded()
    if task == "flat":
        return Stop(Status.CONVERGED, "the gradient is 0")
    if task == "not finite":
        return Stop(Status.NOT_FINITE, f"f is {opt.f} or its gradient not finite, on another minibatch")
    return None


def unbounded() -> Stop:
    """Return the end of a search that went as far as it may."""
    return Stop(Status.UNBOUNDED, "f falls as far as the line search goes, 1e10 times the direction")


def no_lower(f: float, promised: float, options: Options, problem: Problem) -> Stop:
    """Return the end where no lower point was found: convergence, if none was promised beyond rounding."""
    size = max(abs(f), 1.0)
    if promised <= max(options.ftol, resolution(problem.dtype)) * size:
        words = f"no lower point was found; a step promised {promised:.3g} less, which is within"
        enough = promised <= options.ftol * size
        within = f"ftol = {options.ftol:g} times max(|f|, 1)" if enough else "rounding"
        return Stop(Status.CONVERGED, f"{words} {within}")
    return Stop(
        Status.NO_PROGRESS,
        "no lower point was found along the direction, nor along steepest descent: f or its gradient is "
        "noisy or holds no more digits, or the gradient is not that of f",
    )
