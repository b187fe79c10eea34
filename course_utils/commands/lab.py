"""`course.py lab`: JupyterLab on lesson 00, on this machine only, behind a token of its own."""

import argparse
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from course_utils.commands.cli import Parser, Stop
from course_utils.commands.lessons import BUILD, ROOT

HOST = "127.0.0.1"
FIRST_PORT = 8888
START_SECONDS = 120


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser("lab", "Open the course in JupyterLab, at lesson 00. It listens on this machine only.")
    parser.add_argument("--port", type=wanted_port, help=f"(otherwise the first free one from {FIRST_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    args = parse(argv)
    port = args.port or next(port for port in range(FIRST_PORT, 65536) if is_free(port))
    token = secrets.token_hex(24)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however we are stopped, the server is stopped too
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    log = BUILD / "lab.log"
    print(f"Starting JupyterLab (its log: {log.relative_to(ROOT)})", flush=True)
    server = start(port, token, log, browser=not args.no_browser and has_display())
    try:
        wait_until_ready(server, port, token, log)
        print(f"Open   http://{HOST}:{port}/lab/tree/notebooks/00_start_here.ipynb?token={token}")
        print("Ctrl-C stops", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        print("\nStopping JupyterLab", flush=True)
        return 0
    finally:
        stop(server, port, token)


def wanted_port(text: str) -> int:
    """For argparse's `type`: a port that can be listened on now."""
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port; ports go from 1 to 65535")
    if not is_free(int(text)):
        raise argparse.ArgumentTypeError(f"port {text} is taken; choose another, or leave --port away")
    return int(text)


def is_free(port: int) -> bool:
    with socket.socket() as candidate:
        if os.name == "posix":  # a connection that has just been closed does not occupy the port
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
    return True


def has_display() -> bool:
    """Whether there is a screen for a browser (a Linux server has none, and a text browser is no help)."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in names)


def start(port: int, token: str, log: Path, browser: bool) -> subprocess.Popen:
    """The token travels in the environment: every user of the machine can read a command line, or a log."""
    settings = {
        "ServerApp.ip": HOST,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": ROOT,
        "LabApp.default_url": "/lab/tree/notebooks/00_start_here.ipynb",
        "ServerApp.open_browser": browser,
        "ExtensionApp.open_browser": browser,
        "ServerApp.allow_root": True,  # class images and containers often run as root
    }
    line = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in settings.items())]
    environment = dict(os.environ, JUPYTER_TOKEN=token, JUPYTER_PREFER_ENV_PATH="1")
    # Its own session: Ctrl-C reaches us only, and we end it without its question "Shut down (y/[n])?".
    apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
    log.parent.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    with os.fdopen(os.open(log, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as output:
        return subprocess.Popen(
            line, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **apart
        )


def ask(port: int, token: str, path: str, method: str = "GET") -> bytes:
    """One request to our server, never through a proxy."""
    headers = {"Authorization": f"token {token}"}
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", headers=headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as answer:
        return answer.read()


def wait_until_ready(server: subprocess.Popen, port: int, token: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            ask(port, token, "/api/status")
            return
        time.sleep(0.1)
    raise Stop(f"JupyterLab did not start; see {log}")


def stop(server: subprocess.Popen, port: int, token: str) -> None:
    """Ask the server to end itself and its kernels; insist if it does not."""
    if server.poll() is not None:
        return
    with contextlib.suppress(OSError):
        ask(port, token, "/api/shutdown", method="POST")
    for insist in (server.terminate, server.kill):
        try:
            server.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            insist()
    server.wait()
