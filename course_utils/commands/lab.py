"""`course.py lab`: JupyterLab on a working copy of lesson 00, on this machine only, behind a token of its own."""

import argparse
import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TextIO

from course_utils.commands.cli import Parser, Stop, complain, end_as_ctrl_c_does, uninterrupted
from course_utils.commands.copies import WORK, bring_up_to_date
from course_utils.commands.lessons import BUILD, LEDGER, ROOT, shown
from course_utils.commands.logs import open_log

HOST = "127.0.0.1"
FIRST_PORT = 8888
START_SECONDS = 120
NO_ANSWER = (OSError, http.client.HTTPException)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "lab",
        "Open working copies of the lessons, in my_work/, in JupyterLab. It listens on this machine only.",
    )
    parser.add_argument("--port", type=wanted_port, help=f"(otherwise the first free one from {FIRST_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    args = parse(argv)
    end_as_ctrl_c_does()  # however we are stopped, the server is stopped too
    with open_log(BUILD, "lab") as log:
        print(f"Starting JupyterLab (its log: {shown(Path(log.name))})", flush=True)
        first = first_notebook()
        for port in [args.port] if args.port else filter(is_free, range(FIRST_PORT, 65536)):
            code = serve(port, log, first, browser=not args.no_browser and has_display())
            if code is not None:
                return code
            if is_free(port):
                raise Stop(f"JupyterLab did not start; see {log.name}")
            # Another program, or another start of this one, was faster to take this port.
    raise Stop(f"port {args.port} is taken; choose another, or leave --port away")


def first_notebook() -> str:
    """The copy of lesson 00, from the root of the course; the lesson itself where no copies can be written."""
    lesson = "notebooks/00_start_here.ipynb"
    try:
        for note in bring_up_to_date():
            print(note, flush=True)
    except (Stop, OSError) as error:
        complain(f"no working copies ({error}): the lessons open where they are, and what you change may not be kept")
        return lesson
    return f"{WORK.name}/{lesson}"


def serve(port: int, log: TextIO, first: str, browser: bool) -> int | None:
    """Run JupyterLab to its end; its exit code, or None if it never came up."""
    token = secrets.token_hex(24)
    server = None
    try:
        with uninterrupted():  # a server that was started is a server that is stopped
            server = start(port, token, log, first, browser)
        if not comes_up(server, port, token):
            return None
        print(f"Open   http://{HOST}:{port}/lab/tree/{first}?token={token}")
        print("Ctrl-C stops", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        print("\nStopping JupyterLab", flush=True)
        return 0
    finally:
        with contextlib.suppress(KeyboardInterrupt), uninterrupted():  # a second Ctrl-C changes nothing
            if server:
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


def start(port: int, token: str, log: TextIO, first: str, browser: bool) -> subprocess.Popen:
    """The token travels in the environment: every user of the machine can read a command line, or a log."""
    settings = {
        "ServerApp.ip": HOST,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": ROOT,
        "LabApp.default_url": f"/lab/tree/{first}",
        "ServerApp.open_browser": browser,
        "ExtensionApp.open_browser": browser,
        "LabApp.app_settings_dir": Path(__file__).with_name("lab_settings"),  # no question about Jupyter's news
        "ServerApp.allow_root": True,  # class images and containers often run as root
    }
    line = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in settings.items())]
    environment = dict(os.environ, JUPYTER_TOKEN=token, JUPYTER_PREFER_ENV_PATH="1")
    environment.setdefault("COURSE_LEDGER", str(LEDGER))  # kernels in a course that is only read must know it too
    # Its own session: Ctrl-C reaches us only, and we end it without its question "Shut down (y/[n])?".
    apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
    return subprocess.Popen(line, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **apart)


def ask(port: int, token: str, path: str, method: str = "GET") -> bytes:
    """One request to our server, never through a proxy."""
    headers = {"Authorization": f"token {token}"}
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", headers=headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as answer:
        return answer.read()


def comes_up(server: subprocess.Popen, port: int, token: str) -> bool:
    """Wait until our server answers. Another one on this port does not know our token, and so does not count."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(*NO_ANSWER):
            ask(port, token, "/api/status")
            return True
        time.sleep(0.1)
    return False


def stop(server: subprocess.Popen, port: int, token: str) -> None:
    """Ask the server to end itself and its kernels; insist if it does not."""
    if server.poll() is not None:
        return
    with contextlib.suppress(*NO_ANSWER):
        ask(port, token, "/api/shutdown", method="POST")
    for insist in (server.terminate, server.kill):
        try:
            server.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            insist()
    server.wait()
