"""The frame of every lesson: device, seed, budget, the time it will take, and the claims it makes."""

import gc
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch

from course_utils import live
from course_utils.checks.pen import Pen
from course_utils.checks.record import kept_folder
from course_utils.checks.tally import standing
from course_utils.claims import Claim, ClaimFailed, Ledger, describe
from course_utils.conditions import Condition
from course_utils.data import ImageData, load_images
from course_utils.evidence import predicted_seconds
from course_utils.inputs import require_choice, require_count, require_flag, require_kind, require_mapping
from course_utils.machine import best_device, device_name
from course_utils.reproduction import Reproduction
from course_utils.stored_cells import Differences, differences, history
from course_utils.training import automatic
from course_utils.training.interrupt import STOPPED

BUDGETS = ("smoke", "cpu", "gpu")
IMAGE_SETS = ("digits", "fashion_mnist", "mnist")  # as `per_data` spells them
T = TypeVar("T")


def begin(number: str, images: bool | ImageData = False) -> "Lesson":
    """Start lesson `number` ("03"): choose device and budget, load the image set if asked, print a table, seed torch.

    The environment can override the choices: COURSE_BUDGET (smoke, cpu, gpu), COURSE_SEED, COURSE_DATASET, COURSE_DATA.
    `images=data.load_folder("my/pictures")` begins the lesson on your own images: then no claim is checked, as each is
    one about the course's image sets.
    """
    _require_lesson_number(number)
    own_images, loaded = isinstance(images, ImageData), None
    device, budget, seed = best_device(), _chosen_budget(), _chosen_seed()
    live.watch()
    automatic.save_in(kept_folder() / "unfinished")
    if own_images:
        loaded = images.to(device)
    elif require_flag("images", images):
        loaded = load_images(device=device)  # may take a download: the choices are checked first
    lesson = Lesson(number, device, budget, seed, loaded, own_images)
    torch.manual_seed(lesson.seed)
    print(lesson.table())
    return lesson


class Lesson(Reproduction, Pen):
    """A running lesson. Made by `begin`."""

    def __init__(
        self,
        number: str,
        device: torch.device,
        budget: str,
        seed: int,
        images: ImageData | None = None,
        own_images: bool = False,
    ):
        super().__init__()
        self.number = _require_lesson_number(number)
        self.device = require_kind("device", device, torch.device)
        self.budget = require_choice("budget", budget, BUDGETS)
        self.seed = require_count("seed", seed, least=0)
        self._own_images = own_images
        self._images = None if images is None else require_kind("images", images, ImageData)
        self._ledger: Ledger | None = None
        self._began = max(len(history()) - 1, 0)

    @property
    def unchecked(self) -> str:
        """Why claims are said and not judged now: too short a run, other images, a stopped training, a changed cell."""
        if self.budget == "smoke":
            return "at the smoke budget"
        if self._own_images:
            return "on your own images"
        if STOPPED:
            gc.collect()  # a run that was replaced is gone only then: it and its loop hold each other
        if stopped := sorted(loop.run.steps_done for loop in STOPPED):
            return f"as a training was stopped at step {stopped[0]:,}"
        changed = self._differs().changed
        return f"as {changed}" if changed else ""

    def _differs(self) -> Differences:
        """How this kernel differs from the stored lesson; nobody looks where COURSE_CLAIMS asks for every claim."""
        every = os.environ.get("COURSE_CLAIMS") in ("always", "report")
        return Differences() if every else differences(self.number, history()[self._began :])

    def table(self) -> str:
        timing = predicted_seconds(self.number, self.budget)
        time = f"about {_minutes(timing[0])} (measured on {timing[1]})" if timing else "not measured at this budget"
        checks = "runs every line, checks no claim" if self.unchecked else "every claim is asserted"
        rows = {
            "device": device_name(self.device),
            **({"data": repr(self._images)} if self._images else {}),
            "budget": f"{self.budget}: {checks}",
            "seed": str(self.seed),
            "time": time,
            **({"done": done} if self.number == "00" and (done := standing()) else {}),
        }
        return "\n".join([f"Lesson {self.number}", *(f"  {name:<7} {value}" for name, value in rows.items())])

    def pick(self, *, smoke: T, cpu: T, gpu: T | None = None) -> T:
        """The value for this run's budget; without one for the GPU, the CPU's serves there too."""
        return {"smoke": smoke, "cpu": cpu, "gpu": cpu if gpu is None else gpu}[self.budget]

    @property
    def images(self) -> ImageData:
        """The lesson's image set, on the lesson's device."""
        if self._images is None:
            raise ValueError(
                f"lesson {self.number} began without images; write lesson.begin({self.number!r}, images=True)"
            )
        return self._images

    def per_data(self, *, mnist: T, **others: T) -> T:
        """The value for the image set in use: `per_data(mnist=4000, digits=1500)`; sets not named use that of MNIST."""
        known = {*IMAGE_SETS, self.images.name.replace("-", "_")}
        if unknown := set(others) - known:
            raise ValueError(f"per_data names {', '.join(unknown)}, and there are {', '.join(sorted(known))}")
        return others.get(self.images.name.replace("-", "_"), mnist)

    def claim(
        self,
        sentence: str,
        measured: object,
        *,
        above: float | None = None,
        below: float | None = None,
        between: tuple[float, float] | None = None,
        holds: Callable[..., bool] | None = None,
        null: Mapping[str, object] | None = None,
        runs: int | None = None,
        paper: str = "",
        protocol: str = "",
    ) -> None:
        """Assert that `sentence` is true in this run and would not be without its cause; print and enter it.

        `measured`: a number, one for each run (at least `runs` of them must meet the demand), or a dictionary of
        numbers for `holds`. The demand is `above`, `below`, `between` (ends included), or a function `holds`.
        `null`: the same measure where the asserted cause is absent, by name, as in {"untrained": 0.02}; the demand must
        fail for each. `paper`: what was published. `protocol`: how it was measured, where the sentence does not say.

        Raises ClaimFailed if the demand fails for `measured` or is met by a null; but not at the smoke budget, whose
        runs are too short for claims about quality, not on your own images, not in a kernel that ran other cells than
        the stored lesson has, and not with COURSE_CLAIMS=report, by which `course.py evidence` counts the claims that
        fail.
        """
        condition = Condition(above, below, between, holds, runs)
        require_mapping("null", null, 'the same measure where the cause is absent, as in null={"untrained": 0.02},')
        if self.unchecked:
            values = {name: describe(value, finite=False) for name, value in null.items()}
            self._enter(Claim(sentence, False, describe(measured, finite=False), paper, protocol, null=values))
        else:
            self._enter(Claim.judged(sentence, measured, condition, null, paper, protocol))

    def assertion(self, text: str, holds: object, measured: object = None, paper: str = "", protocol: str = "") -> None:
        """A claim of the lessons' first edition, without a null: it says that `text` was true, and not because of what.

        `claim` replaces it, or `check` where no measurement could have come out otherwise; `course.py claims --audit`
        counts what is left. `measured`: a number, or one for each run. It is asserted where `claim` is.
        """
        holds = require_flag("holds", holds)
        self._enter(Claim(text, holds, describe(measured, finite=not self.unchecked), paper, protocol))

    def check(self, text: str, holds: object, measured: object = None) -> None:
        """An identity, a theorem, a value that is known: said quietly, at every budget, and counted apart from claims.

        Raises ClaimFailed if `holds` is false.
        """
        checked = Claim(text, require_flag("holds", holds), describe(measured))
        if not checked.holds:
            differs = self._differs()
            if not (differs.changed or differs.own):
                raise ClaimFailed(f"{checked.said()}. This is an identity, and does not hold here ({self.device})")
            print(f"· not checked as {differs.changed or differs.own}: {checked.said()}")
            return
        if not self.unchecked:
            self._page().add_check()
        print(f"checked: {checked.said()}")

    def _enter(self, claim: Claim) -> None:
        """Print it; enter it and stop at it if it fails, where claims are asserted."""
        if why := self.unchecked:
            print(f"· not checked {why}: {claim.said()}")
            return
        if not claim.holds and (why := self._differs().own):
            print(f"· not checked as {why}: {claim.said()}")
            return
        self._page().add(claim)
        print(f"{'✔' if claim.holds else '✘'} {claim.said()}")
        if not claim.holds and os.environ.get("COURSE_CLAIMS") != "report":
            fooled = " and ".join(claim.fooled)
            why = f"{fooled} meets the demand too: it proves nothing" if fooled else "measured otherwise"
            raise ClaimFailed(f"{claim.said()}. This run (seed {self.seed}, {self.device}): {why}")

    @property
    def _data(self) -> str:
        return self._images.name if self._images else "toys"

    def _page(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger(
                _ledger_folder() / f"{self.number}-{self._data}-{self.budget}.json",
                lesson=self.number, data=self._data, budget=self.budget, seed=self.seed,
                device=device_name(self.device), torch=torch.__version__,
            )  # fmt: skip
        return self._ledger


def _require_lesson_number(number: str) -> str:
    """Two digits, as a lesson's file name begins; raises ValueError for anything else."""
    if not isinstance(number, str) or len(number) != 2 or not number.isdecimal():
        raise ValueError(f'a lesson has a number of two digits, such as "03", not {number!r:.60}')
    return number


def _ledger_folder() -> Path:
    """COURSE_LEDGER; else build/ledger of the checkout; else, where only the package is installed, of this folder."""
    checkout = Path(__file__).resolve().parents[1]
    root = checkout if (checkout / "course.py").exists() else Path.cwd()
    return Path(os.environ.get("COURSE_LEDGER") or root / "build" / "ledger")


def _chosen_budget() -> str:
    budget = os.environ.get("COURSE_BUDGET") or ("gpu" if torch.cuda.is_available() else "cpu")
    if budget not in BUDGETS:
        raise ValueError(f"COURSE_BUDGET must be one of {', '.join(BUDGETS)}, not {budget!r}")
    return budget


def _chosen_seed() -> int:
    text = os.environ.get("COURSE_SEED") or "0"
    if not text.isdecimal() or len(text) > 18:  # torch takes 63 bits
        shorter = ": 18 digits at most" if len(text) > 18 else ""
        raise ValueError(f"COURSE_SEED must be a whole number such as 0 or 7, not {text[:30]!r}{shorter}")
    return int(text)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
