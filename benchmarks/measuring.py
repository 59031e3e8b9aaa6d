"""What the tools that measure share: their programs and peers, runs with what they cost, and medians."""
# SPDX-License-Identifier: MIT OR Apache-2.0
import collections
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/bench"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "auditor-cpp"
VERSION = "0.11.2"  # of pyauditor, as of the server


def program(name):
    return BUILD / "benchmarks" / f"benchmark_{name}"


def build(*names, settings=(), packages="bench"):
    """The programs benchmarks/NAME.cpp, optimised."""
    subprocess.run([ROOT / "tools/install-packages", packages], check=True)
    subprocess.run(["cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-D", "CMAKE_BUILD_TYPE=Release", "-D", "AUDITOR_BUILD_BENCHMARKS=ON",
                    "-D", "AUDITOR_BUILD_TESTS=OFF", "-D", "AUDITOR_WARNINGS_AS_ERRORS=OFF", *settings],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD, "--target", *names], check=True, stdout=sys.stderr)


def python_with_pyauditor():
    python = CACHE / "pyauditor/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", CACHE / "pyauditor"], check=True)
    if subprocess.run([python, "-c", "import pyauditor"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"python-auditor=={VERSION}"], check=True)
    return python


def cargo():
    """One of the 2024 edition, or nothing."""
    for found in shutil.which("cargo"), pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "bin/cargo":
        if found and os.access(found, os.X_OK):
            said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
            if said.startswith("cargo 1.") and int(said.split(".")[1]) >= 85:
                return pathlib.Path(found)
    return None


def rust_client():
    """The program of benchmarks/rust_client, built in the cache, in some ten minutes once; nothing where there is no cargo."""
    folder = CACHE / "rust_client"
    folder.mkdir(parents=True, exist_ok=True)
    for name in "Cargo.toml", "main.rs":
        source, copy = ROOT / "benchmarks/rust_client" / name, folder / name
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            shutil.copyfile(source, copy)
    found = cargo()
    if not found:
        return None
    # The crate's SQL is checked against what it brings, and not against a database.
    settings = {"PATH": f"{found.parent}:{os.environ['PATH']}", "SQLX_OFFLINE": "true"}
    if not (folder / "target").exists():
        print("building the Rust client, some ten minutes", file=sys.stderr)
    subprocess.run([found, "build", "--release", "--quiet"], cwd=folder, check=True, env=os.environ | settings)
    return folder / "target/release/rust_client"


Run = collections.namedtuple("Run", "out seconds cpu")


def run(command, **settings):
    """The words that it printed, its seconds, and its seconds of CPU; the end of this program if it failed."""
    start = time.monotonic()
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, **settings) as process:
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed\n{out}")
    return Run(out.split(), time.monotonic() - start, used.ru_utime + used.ru_stime)


def there_and_back(ways, number):
    """In which order they run in this round: nobody shall always come first."""
    return list(ways) if number % 2 == 0 else list(reversed(list(ways)))


def spread(values, form=".2f"):
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def ratio(ours, theirs):
    """The median of those of the same round: what disturbs one disturbs the other. A slow peer may have had less rounds."""
    if len(ours) == len(theirs):
        return statistics.median(a / b for a, b in zip(ours, theirs))
    return statistics.median(ours) / statistics.median(theirs)


def say_load(when):
    print(f"load {when}: {' '.join(f'{each:.2f}' for each in os.getloadavg())}, on {os.cpu_count()} processors", flush=True)
