"""Threads, forks, Ctrl-C and the environment: what a kernel must not do to the process that it runs in."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from processes import finished

import deeprob

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")

# A problem large enough for the thread pool, and the bytes of everything computed from it.
PROBLEM = """
import os, sys, time, threading, signal
import numpy as np, deeprob
rng = np.random.default_rng(0)
W = rng.standard_normal((10, 200)).astype("f4")
X = rng.standard_normal((3000, 200)).astype("f4")
y = rng.integers(0, 10, 3000)
b = rng.standard_normal(10).astype("f4")

def results(threads):
    value, dW, db = deeprob.softmax_loss(W, X, y, 0.1, b=b, threads=threads)
    hinge, dW_hinge = deeprob.svm_loss(W, X, y, index=np.arange(-2500, 0), threads=threads)
    s = deeprob.scores(W, X, b, threads=threads)
    labels = deeprob.predict(W, X, b, threads=threads)
    share = deeprob.accuracy(W, X, y, b, threads=threads)
    numbers = np.array([value, hinge, share]).tobytes()
    return numbers + dW.tobytes() + db.tobytes() + dW_hinge.tobytes() + s.tobytes() + labels.tobytes()
"""


@pytest.fixture(scope="module")
def problem():
    namespace = {}
    exec(PROBLEM, namespace)
    return namespace


# ---- the same bits -----------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 3, 7, 16, 64, 1000, 2**31, 2**70, None])
def test_results_have_the_same_bits_for_any_number_of_threads(problem, threads):
    assert problem["results"](threads) == problem["results"](1)


@pytest.mark.parametrize("N", [1, 31, 33, 64, 100, 513, 1025])
def test_more_threads_than_there_is_work_change_nothing(N):
    rng = np.random.default_rng(N)
    W, X = rng.standard_normal((60, 900)), rng.standard_normal((N, 900))
    y = rng.integers(0, 60, N)
    value, dW = deeprob.svm_loss(W, X, y, 0.1, threads=1)
    for threads in (2, 5, 500):
        again, dW_again = deeprob.svm_loss(W, X, y, 0.1, threads=threads)
        assert (again, dW_again.tobytes()) == (value, dW.tobytes())


def test_eight_python_threads_at_once_get_the_same_bits(problem):
    expected = problem["results"](1)
    barrier = Barrier(8)

    def compute(k):
        barrier.wait()
        return [problem["results"](1 + (k + i) % 3) == expected for i in range(6)]

    with ThreadPoolExecutor(8) as pool:
        assert all(all(right) for right in pool.map(compute, range(8)))


def test_python_threads_may_share_one_objective_and_change_the_default(problem):
    objective = deeprob.Objective(problem["X"], problem["y"], reg=0.1)
    expected = objective(problem["W"])
    before = deeprob.get_num_threads()

    def compute(k):
        deeprob.set_num_threads(1 + k % 4)
        return [objective(problem["W"]) for _ in range(5)]

    try:
        with ThreadPoolExecutor(4) as pool:
            for results in pool.map(compute, range(8)):
                for value, dW in results:
                    assert (value, dW.tobytes()) == (expected[0], expected[1].tobytes())
    finally:
        deeprob.set_num_threads(before)


def test_data_that_another_thread_changes_meanwhile_cannot_crash(problem):
    # The result is anything; labels and positions are checked before the pass and clamped within it.
    y, index = problem["y"].copy(), np.arange(3000)
    stop = []

    def disturb():
        while not stop:
            y[:], index[:] = 2**62, -(2**62)
            y[:], index[:] = problem["y"], np.arange(3000)

    with ThreadPoolExecutor(1) as pool:
        disturbed = pool.submit(disturb)
        for _ in range(60):
            try:
                deeprob.softmax_loss(problem["W"], problem["X"], y, index=index, threads=2)
            except (ValueError, IndexError):
                pass
        stop.append(True)
        disturbed.result()


# ---- how many threads ----------------------------------------------------------------------


def test_the_default_number_of_threads_can_be_set_and_asked_for():
    before = deeprob.get_num_threads()
    try:
        for threads in (1, 5, np.int64(3)):
            deeprob.set_num_threads(threads)
            assert deeprob.get_num_threads() == threads
            assert deeprob.cpu_info()["threads"] == threads
        with pytest.raises(ValueError, match="threads is 0"):
            deeprob.set_num_threads(0)
        assert deeprob.get_num_threads() == 3
    finally:
        deeprob.set_num_threads(before)


ASK = "import deeprob; print(deeprob.get_num_threads())"


@pytest.mark.parametrize(("value", "threads"), [("1", 1), ("3", 3), (" 7 ", 7), ("256", 256)])
def test_the_environment_sets_the_number_of_threads(run_python, value, threads):
    assert int(finished(run_python(ASK, DEEPROB_NUM_THREADS=value))) == threads


@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_the_variable_no_more_threads_than_this_process_has_cpus(run_python, value):
    threads = int(finished(run_python(ASK, DEEPROB_NUM_THREADS=value)))
    assert 1 <= threads <= len(os.sched_getaffinity(0))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no CPU affinity on this system")
def test_the_affinity_mask_limits_the_number_of_threads(run_python):
    one_cpu = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});" + ASK
    assert int(finished(run_python(one_cpu, DEEPROB_NUM_THREADS=None))) == 1


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "2,1", "1e3", "٣x", "9" * 5000])
def test_a_wrong_number_of_threads_in_the_environment_is_an_import_error(run_python, value):
    ended = run_python(ASK, DEEPROB_NUM_THREADS=value)
    assert ended.returncode == 1
    message = ended.stderr.splitlines()[-1]
    assert message.startswith("ImportError: DEEPROB_NUM_THREADS is ")
    assert "expected an integer of at least 1" in message


LIMITED = """
import json
if {first}: import threadpoolctl
import deeprob
import threadpoolctl
if not {first}: deeprob._threads.register_with_threadpoolctl()
deeprob.set_num_threads(4)
inside = []
with threadpoolctl.threadpool_limits(1):
    inside.append(deeprob.get_num_threads())
with threadpoolctl.threadpool_limits({{"deeprob": 2}}):
    inside.append(deeprob.get_num_threads())
with threadpoolctl.threadpool_limits(1, user_api="blas"):
    inside.append(deeprob.get_num_threads())
known = [entry for entry in threadpoolctl.threadpool_info() if entry["user_api"] == "deeprob"]
print(json.dumps([inside, deeprob.get_num_threads(), [entry["num_threads"] for entry in known]]))
"""


@pytest.mark.parametrize("first", [True, False], ids=["threadpoolctl first", "deeprob first"])
def test_threadpoolctl_limits_deeprob_and_lets_go(run_python, first):
    pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")
    inside, after, known = json.loads(finished(run_python(LIMITED.format(first=first))))
    assert inside == [1, 2, 4]
    assert after == 4
    assert known == [4]


# ---- the SIMD target -----------------------------------------------------------------------


@pytest.mark.parametrize("target", [t for t, here in deeprob.cpu_info()["targets"].items() if here])
def test_every_supported_target_can_be_chosen_and_is_right(run_python, problem, target):
    code = PROBLEM + "print(deeprob.cpu_info()['target']); print(deeprob.softmax_loss(W, X, y, grad=False))"
    chosen, value = finished(run_python(code, DEEPROB_TARGET=target)).split()
    assert chosen == target
    expected = deeprob.softmax_loss(problem["W"], problem["X"], problem["y"], grad=False)
    assert float(value) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["x86-64-v9", "AVX2", "baseline ", "\N{SNOWMAN}", "%s%n"])
def test_an_unknown_target_is_an_import_error_with_all_names(run_python, name):
    ended = run_python("import deeprob", DEEPROB_TARGET=name)
    assert ended.returncode == 1
    message = ended.stderr.splitlines()[-1]
    assert message.startswith(f"ImportError: DEEPROB_TARGET is {name!r}")
    assert [t for t in deeprob.cpu_info()["targets"] if t not in message] == []


@pytest.mark.parametrize("target", [t for t, here in deeprob.cpu_info()["targets"].items() if not here])
def test_a_target_this_cpu_lacks_is_an_import_error_that_names_those_it_has(run_python, target):
    ended = run_python("import deeprob", DEEPROB_TARGET=target)
    assert ended.returncode == 1
    message = ended.stderr.splitlines()[-1]
    assert message.startswith(f"ImportError: DEEPROB_TARGET is {target!r}, which this CPU does not support")
    assert [t for t, here in deeprob.cpu_info()["targets"].items() if here and t not in message] == []


def test_an_empty_target_is_none(run_python):
    code = "import deeprob; print(deeprob.cpu_info()['target'])"
    assert finished(run_python(code, DEEPROB_TARGET="")) == finished(run_python(code, DEEPROB_TARGET=None))


# ---- fork ------------------------------------------------------------------------------------

FORKS = (
    PROBLEM
    + """
expected = results(1)
mode = sys.argv[1]

def fork_and_compute():
    child = os.fork()
    if child == 0:
        os._exit(0 if results(2) == expected and results(3) == expected else 7)
    return child

def reap(child):
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    return "hangs"

stop = []
if mode == "after use":
    assert results(3) == expected
if mode == "during use":
    def work():
        while not stop:
            assert results(2) == expected
    worker = threading.Thread(target=work)
    worker.start()
codes = [reap(fork_and_compute()) for _ in range(20)]
stop.append(True)
if mode == "during use":
    worker.join()
assert results(2) == expected
print(sorted(set(map(str, codes))))
"""
)


@needs_fork
@pytest.mark.parametrize("mode", ["before use", "after use", "during use"])
def test_forked_children_compute(run_python, mode):
    assert finished(run_python(FORKS, mode)).strip() == "['0']"


FORK_IN_HANDLER = """
import os, signal
import numpy as np, deeprob
rng = np.random.default_rng(0)
W, x = rng.standard_normal((10, 200)).astype("f4"), rng.standard_normal((1, 200)).astype("f4")
X, y = np.broadcast_to(x, (4_000_000, 200)), np.broadcast_to(np.int8(3), (4_000_000,))
value, dW = deeprob.softmax_loss(W, X, y, threads=2)
child = []
signal.signal(signal.SIGALRM, lambda *_: child.append(os.fork()))
signal.setitimer(signal.ITIMER_REAL, 0.06)
again, dW_again = deeprob.softmax_loss(W, X, y, threads=2)  # some 300 ms, in parent and child
assert len(child) == 1
same = (again, dW_again.tobytes()) == (value, dW.tobytes())
if child[0] == 0:
    os._exit(0 if same else 7)
print(same, os.waitstatus_to_exitcode(os.waitpid(child[0], 0)[1]))
"""


@needs_fork
def test_a_signal_handler_may_fork_in_the_middle_of_a_pass(run_python):
    assert finished(run_python(FORK_IN_HANDLER)).strip() == "True 0"


POOLS = (
    PROBLEM
    + """
import multiprocessing
expected = results(1)

def compute(threads):
    return results(threads) == expected

if __name__ == "__main__":
    assert results(2) == expected
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(compute, [1, 2, 3, 2]))
"""
)


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_processes_of_multiprocessing_compute(tmp_path, method):
    (tmp_path / "pools.py").write_text(POOLS)
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", str(tmp_path / "pools.py"), method],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished(ended).strip() == "[True, True, True, True]"


EXIT_DURING = """
import threading, time
import numpy as np, deeprob
X = np.broadcast_to(np.zeros(3073, "f4"), (20_000_000, 3073))
W, y = np.zeros((10, 3073), "f4"), np.broadcast_to(np.int64(0), (20_000_000,))
threading.Thread(target=lambda: deeprob.softmax_loss(W, X, y, threads=2), daemon=True).start()
time.sleep(0.3)
"""


def test_python_may_exit_while_a_daemon_thread_is_inside_a_pass(run_python):
    begin = time.monotonic()
    finished(run_python(EXIT_DURING))
    assert time.monotonic() - begin < 5


# ---- Ctrl-C ----------------------------------------------------------------------------------

INTERRUPTED = """
import sys, time
import numpy as np, deeprob
N, D = 20_000_000, 3073
X = np.broadcast_to(np.zeros(D, "f4"), (N, D))  # 12 kB of memory that take minutes to compute with
W, y = np.zeros((10, D), "f4"), np.broadcast_to(np.int8(0), (N,))
out = np.full_like(W, 7)
what, threads = sys.argv[1], int(sys.argv[2])
small = W[:, :5], np.ones((9, 5), "f4"), [0] * 9
expected = deeprob.softmax_loss(*small, threads=threads)[1].tobytes()

def loop():
    while True:
        deeprob.softmax_loss(*small)

def descend():
    objective = deeprob.Objective(np.ones((3000, D), "f4"), [0, 9] * 1500, reg=0.1, threads=threads)
    result = deeprob.gradient_descent(objective, W, learning_rate=0.1, num_steps=10**9 // 1000)
    assert result.message.startswith("interrupted during step"), result.message
    assert result.losses.size == result.num_steps and np.isfinite(result.losses).all()
    raise KeyboardInterrupt

work = {
    "gradient": lambda: deeprob.softmax_loss(W, X, y, threads=threads, out=out),
    "loss": lambda: deeprob.svm_loss(W, X, y, threads=threads, grad=False),
    "columns": lambda: deeprob.svm_loss(W, X.T, y, threads=threads, example_axis=1),
    "bytes": lambda: deeprob.softmax_loss(W, X.view("u1")[:, :D], y, threads=threads, out=out),
    "predict": lambda: deeprob.predict(W, X, threads=threads),
    "accuracy": lambda: deeprob.accuracy(W, X, y, threads=threads),
    "scores": lambda: deeprob.scores(W[:2], X, threads=threads),
    "score loss": lambda: deeprob.softmax_cross_entropy(
        np.broadcast_to(np.zeros(500, "f4"), (N, 500)), y, grad=False
    ),
    "random search": lambda: deeprob.random_search(X[:5000], [9] * 5000, num_tries=10**6, threads=threads),
    "numeric gradient": lambda: deeprob.numeric_gradient(
        deeprob.Objective(X[:50000], [9] * 50000, threads=threads), np.zeros((10, D))
    ),
    "numeric gradient of a function": lambda: deeprob.numeric_gradient(
        np.linalg.norm, np.zeros(300_000)  # minutes, if it came to its end
    ),
    "gradient check": lambda: deeprob.gradcheck(lambda w: (float(w @ w), 2 * w), np.zeros(300_000)),
    "naive loss": lambda: deeprob.cs231n.softmax_loss_naive(  # minutes, if it came to its end
        np.zeros((1000, 1000)), np.zeros((20_000, 1000)), [9] * 20_000, 0.1
    ),
    "landscape": lambda: deeprob.landscapes.rastrigin().grid(  # 2 GB, if it came to its end
        np.arange(16_000.0), np.arange(16_000.0), threads=threads
    ),
    "augmentation": lambda: deeprob.augment.cutout(  # 4 GB, if it came to its end
        np.broadcast_to(np.uint8(1), (1_000_000, 64, 64)), 8, rng=0, threads=threads
    ),
    "network": lambda: deeprob.nn.MLP((D, 64, 10), rng=0).predict(X[:2_000_000]),  # minutes
    "loop of passes": loop,
    "gradient descent": descend,
}[what]
print("begins", flush=True)
try:
    work()
except KeyboardInterrupt:
    print(time.monotonic())
    assert (out == 7).all(), "out was written"
    assert deeprob.softmax_loss(*small, threads=threads)[1].tobytes() == expected
    print("computes on")
"""

WORK = ["gradient", "loss", "columns", "bytes", "predict", "accuracy", "scores", "random search"]
WORK += ["numeric gradient", "gradient descent", "landscape", "augmentation", "network"]
WORK = [(what, 2) for what in WORK] + [
    (what, 1)
    for what in (
        "gradient",
        "score loss",
        "naive loss",
        "loop of passes",
        "numeric gradient of a function",
        "gradient check",
    )
]


@pytest.mark.parametrize(("what", "threads"), WORK)
def test_ctrl_c_ends_the_work_within_300_ms(what, threads):
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, what, str(threads)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "begins\n", process.stderr.read()
        time.sleep(0.25)
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, errors
    caught, after = output.splitlines()
    assert float(caught) - pressed < 0.3
    assert after == "computes on"


HANDLER = """
import signal, sys
import numpy as np, deeprob
X = np.broadcast_to(np.zeros(3073, "f4"), (20_000_000, 3073))
W, y = np.zeros((10, 3073), "f4"), np.broadcast_to(np.int8(0), (20_000_000,))

class Enough(Exception):
    pass

calls = []

def handler(*_):
    calls.append(deeprob.softmax_loss(W[:, :5], np.ones((9, 5), "f4"), [0] * 9, threads=2)[0])
    if len(calls) == 3:
        raise Enough
    signal.setitimer(signal.ITIMER_REAL, 0.02)

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    deeprob.svm_loss(W, X, y, threads=int(sys.argv[1]))
except Enough:
    print(len(calls), len(set(calls)))
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_handler_may_call_deeprob_and_its_own_error_ends_the_pass(run_python, threads):
    assert finished(run_python(HANDLER, threads)).split() == ["3", "1"]


def test_everything_works_without_assertions_and_with_all_warnings(run_python):
    code = PROBLEM + "print(results(1) == results(2))"
    assert finished(run_python(code, PYTHONOPTIMIZE="2", PYTHONWARNINGS="error")).strip() == "True"
    assert finished(run_python(code, PYTHONDEVMODE="1", PYTHONWARNINGS="error")).strip() == "True"
