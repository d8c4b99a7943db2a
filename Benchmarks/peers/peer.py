"""What the peers' scripts share: options, a stopwatch, and the answers to the driver's questions.

By hand, `python torch_peer.py mlp lenet --threads 2` prints one line of JSON for each form of
each workload. With `--serve` a script answers lines on its input, one line of JSON each:

    forms WORK                  {"forms": […]}
    measure WORK FORM SECONDS   {"parameters": …, "times": [seconds of each step]}
    memory WORK FORM            {"bytes": peak of the process above what its imports took}
"""
import argparse
import json
import os
import statistics
import sys
import time
import traceback

_parser = argparse.ArgumentParser()
_parser.add_argument("names", nargs="*")
_parser.add_argument("--threads", type=int, default=2)
_parser.add_argument("--seconds", type=float, default=1)
_parser.add_argument("--form")
_parser.add_argument("--serve", action="store_true")
options = _parser.parse_args()

# Before a library is imported: most of them count the processor's cores when they start.
if hasattr(os, "sched_setaffinity"):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:options.threads])
os.environ["OMP_NUM_THREADS"] = str(options.threads)


def timed(step):
    """A function of seconds that repeats a step for so long and returns the time of each."""
    def run(seconds):
        times, end = [], time.perf_counter() + seconds
        while len(times) < 5 or time.perf_counter() < end:
            begin = time.perf_counter()
            step()
            times.append(time.perf_counter() - begin)
        return times
    return run


def resident(key):
    """A line of the process' status in bytes: VmRSS is its memory now, VmHWM at its highest."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


def main(name, version, forms, prepare):
    """Answers for a library. `forms(work)` names the forms it can run a workload in, and
    `prepare(work, form)` returns the number of parameters and a function like `timed`'s."""
    imports = resident("VmRSS")
    ready = {}  # the nets of the present workload, by form

    def run(work, form, seconds):
        if any(other != work for other, _ in ready):
            ready.clear()
        if (work, form) not in ready:
            ready[work, form] = prepare(work, form)
            ready[work, form][1](0)
        parameters, run = ready[work, form]
        return parameters, run(seconds)

    def answer(question, work, form=None, seconds=0):
        if question == "forms":
            return {"forms": forms(work)}
        parameters, times = run(work, form, float(seconds))
        if question == "memory":
            return {"bytes": resident("VmHWM") - imports}
        return {"parameters": parameters, "times": times}

    def say(line):
        print(json.dumps(line), file=out, flush=True)

    # What libraries print must not come between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    if options.serve:
        say({"peer": name, "version": version})
        for line in sys.stdin:
            try:
                say(answer(*line.split()))
            except Exception as error:
                traceback.print_exc()
                say({"error": f"{type(error).__name__}: {error}".splitlines()[0]})
        return
    for work in options.names:
        for form in [options.form] if options.form else forms(work):
            parameters, times = run(work, form, options.seconds)
            say({"work": work, "ms": round(1e3 * statistics.median(times), 5),
                 "min": round(1e3 * min(times), 5), "n": len(times), "threads": options.threads,
                 "peer": name, "form": form, "version": version, "parameters": parameters})
