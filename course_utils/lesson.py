"""The frame of every lesson: device, seed, budget, the time it will take, and the claims it makes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch

from course_utils.claims import Claim, ClaimFailed, Ledger, describe
from course_utils.data import ImageData, load_images
from course_utils.evidence import Evidence, load_evidence, predicted_seconds
from course_utils.inputs import require_choice, require_count, require_flag, require_kind, require_number, require_text
from course_utils.machine import best_device
from course_utils.storage import write_json

if TYPE_CHECKING:
    from course_utils.plots import Caption

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
    if own_images:
        loaded = images.to(device)
    elif require_flag("images", images):
        loaded = load_images(device=device)  # may take a download: the choices are checked first
    lesson = Lesson(number, device, budget, seed, loaded, own_images)
    torch.manual_seed(lesson.seed)
    print(lesson.table())
    return lesson


class Lesson:
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
        self.number = _require_lesson_number(number)
        self.device = require_kind("device", device, torch.device)
        self.budget = require_choice("budget", budget, BUDGETS)
        self.seed = require_count("seed", seed, least=0)
        self.unchecked = "at the smoke budget" if budget == "smoke" else "on your own images" if own_images else ""
        self._images = None if images is None else require_kind("images", images, ImageData)
        self._measured: dict[str, float] = {}
        self._evidence_file = os.environ.get("COURSE_EVIDENCE")  # set by `course.py evidence`, which wants numbers only
        self._ledger: Ledger | None = None

    def table(self) -> str:
        timing = predicted_seconds(self.number, self.budget)
        time = f"about {_minutes(timing[0])} (measured on {timing[1]})" if timing else "not measured at this budget"
        checks = "runs every line, checks no claim" if self.unchecked else "every claim is asserted"
        rows = {
            "device": _device_name(self.device),
            **({"data": repr(self._images)} if self._images else {}),
            "budget": f"{self.budget}: {checks}",
            "seed": str(self.seed),
            "time": time,
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

    def claim(self, text: str, holds: object, measured: object = None, paper: str = "", protocol: str = "") -> None:
        """Assert that `text` is true in this run, print it with the measurement, and enter it in the ledger.

        `measured`: a number, or one for each run (then the mean and its 95 % interval are shown). `paper`: what was
        published. `protocol`: how it was measured, where the text does not say. Raises ClaimFailed if `holds` is false;
        but not at the smoke budget, whose runs are too short for claims about quality, not on your own images, and not
        while `course.py evidence` collects numbers, which must not depend on what we would like them to be.
        """
        holds = require_flag("holds", holds)
        claim = Claim(text, holds, describe(measured, finite=not self.unchecked), paper, protocol)
        details = [f"measured {claim.measured}"] if claim.measured else []
        details += [f"paper {paper}"] if paper else []
        sentence = f"{text}  [{'; '.join(details)}]" if details else text
        if self.unchecked:
            print(f"· not checked {self.unchecked}: {sentence}")
            return
        if not self._evidence_file:
            self._page().add(claim)
        print(f"{'✔' if claim.holds else '✘'} {sentence}")
        if not claim.holds and not self._evidence_file:
            raise ClaimFailed(f"{sentence}. This run (seed {self.seed}, {self.device}) measured otherwise")

    def record(self, key: str, value: float) -> float:
        """Note one number of this run under `key`, for `course.py evidence` and for `claim_predicted`; returns it.

        Raises ValueError for NaN or infinity: no other run could be compared with it.
        """
        require_text("key", key)
        found = require_number(key, value, hint="no run can be compared with it; find where it arises first")
        self._measured[key] = found
        if self._evidence_file:
            write_json(Path(self._evidence_file), self._measured)
        return value

    @property
    def measured(self) -> dict[str, float]:
        """What `record` has noted so far."""
        return dict(self._measured)

    @property
    def evidence(self) -> Evidence | None:
        """What several seeds measured in this lesson, on this image set and budget; None if that is not stored."""
        if self._evidence_file or self.budget == "smoke":
            return None
        return load_evidence(self.number, self.images.name, self.budget)

    def claim_predicted(self, key: str) -> None:
        """Claim that this run's `key` falls where the stored runs predict it; say so where none are stored."""
        if key not in self._measured:
            raise ValueError(f'nothing is recorded as {key!r}; write course.record("{key}", value) first')
        evidence = self.evidence
        if evidence is None:
            where = f"lesson {self.number}, {self.images.name}, {self.budget} budget"
            print(f"· no stored runs to compare {key} with ({where})")
            return
        if key not in evidence.values:
            again = f"run `course.py evidence {self.number} --data {self.images.name} --budget {self.budget}` again"
            raise ValueError(f"the stored runs did not record {key!r}; {again}")
        low, high = evidence.band(key)
        value, count = self._measured[key], len(evidence.values)
        together = f" (for all {count} numbers together)" if count > 1 else ""
        self.claim(
            f"this run's “{key}” lies in the 99 % band{together} that {len(evidence.seeds)} stored runs predict, "
            f"{low:.3g} to {high:.3g}",
            low <= value <= high,
            measured=value,
            protocol=f"stored runs: {evidence.made}, seeds {', '.join(map(str, evidence.seeds))}",
        )

    def compare_with_stored(self, floors: Mapping[str, float] | None = None) -> "Caption | None":
        """Draw all that was recorded beside the stored runs, and claim that each number lies in their band.

        `floors`: what real data score, for the numbers that have a floor. Without stored runs there is nothing to draw.
        """
        require_kind("floors", floors or {}, Mapping)
        if unknown := set(floors or {}) - set(self._measured):
            raise ValueError(f"floors names {', '.join(unknown)}, which record() has not noted in this run")
        evidence, caption = self.evidence, None
        if evidence is not None:
            from course_utils.plots import evidence_dots

            caption = evidence_dots(
                {
                    key: {
                        "values": stored,
                        "yours": self._measured[key],
                        "band": evidence.band(key),
                        "floor": (floors or {}).get(key),
                    }
                    for key, stored in evidence.values.items()
                    if key in self._measured
                }
            )
        for key in self._measured:
            self.claim_predicted(key)
        return caption

    def _page(self) -> Ledger:
        if self._ledger is None:
            data = self._images.name if self._images else "toys"
            self._ledger = Ledger(
                _ledger_folder() / f"{self.number}-{data}-{self.budget}.json",
                lesson=self.number, data=data, budget=self.budget, seed=self.seed,
                device=_device_name(self.device), torch=torch.__version__,
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


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"GPU ({torch.cuda.get_device_name(device)})"
    if device.type == "mps":
        return "GPU (Apple, through Metal)"
    if device.type != "cpu":
        return f"accelerator ({device.type})"
    threads = torch.get_num_threads()
    return f"CPU ({threads} thread{'s' if threads > 1 else ''})"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
