"""The classifier: how well it reads, that it is trained once, and that looking changes nothing."""

import os
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from conftest import ROOT

from course_utils.data import load_images
from course_utils.evaluation import (
    Classifier,
    ClassifierError,
    classifier,
    classifier_cache,
    legibility,
    load_classifier,
)


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def trained(digits):
    """A tenth of the training: enough where it does not matter how well the classifier reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "STEPS", 40)
        return classifier.train_classifier(digits, seed=0)


@pytest.fixture
def quick(trained, monkeypatch):
    """Training returns a copy of that one at once; the list says with which seeds it was asked for."""
    seeds = []

    def train(images, seed):
        seeds.append(seed)
        return deepcopy(trained)

    monkeypatch.setattr(classifier_cache, "train_classifier", train)
    monkeypatch.setitem(classifier_cache.MINIMUM_ACCURACY, "digits", 0.8)
    return seeds


def test_reads_the_digits(digits, cache):
    reader = load_classifier(digits)
    assert reader.accuracy >= 0.98
    test, labels = digits.fixed_with_labels(360, "test")
    assert (reader.logits(test).argmax(1) == labels).float().mean().item() == pytest.approx(reader.accuracy)
    real = legibility(test, reader)
    assert real.classes_covered == 10
    assert real.confident_share > 0.95


@pytest.mark.skipif("COURSE_DATA" not in os.environ, reason="COURSE_DATA is not set")
def test_reads_mnist(cache):
    assert load_classifier(load_images("mnist")).accuracy >= 0.988


def test_trained_once_and_found_again(digits, cache, quick, capsys):
    first = load_classifier(digits)
    assert "Trained the digits classifier" in capsys.readouterr().out
    again = load_classifier(digits)
    assert capsys.readouterr().out == ""
    assert quick == [0]
    assert (again.accuracy, again.seconds) == (first.accuracy, first.seconds)
    x = digits.fixed(100, "test")
    assert torch.equal(again.logits(x), first.logits(x))
    (kept,) = cache.iterdir()  # and no partial file beside it
    assert kept.name == f"classifier-digits-{digits.fingerprint}-seed0-v{classifier_cache.VERSION}.pt"
    load_classifier(digits, seed=5)
    assert quick == [0, 5]


def test_the_seed_decides_everything_and_disturbs_nothing(digits, monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 10)
    torch.manual_seed(1)
    expected = torch.rand(5)
    torch.manual_seed(1)
    with torch.no_grad():  # as inside an evaluation
        first = classifier.train_classifier(digits, seed=3)
    assert torch.equal(torch.rand(5), expected)
    second, other = classifier.train_classifier(digits, seed=3), classifier.train_classifier(digits, seed=4)
    assert torch.equal(first.head.weight, second.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)


def test_loading_leaves_the_random_numbers_as_they_were(digits, cache, quick):
    torch.manual_seed(1)
    expected = torch.rand(5)
    for _ in ("trained", "restored"):
        torch.manual_seed(1)
        load_classifier(digits)
        assert torch.equal(torch.rand(5), expected)


def _cut(file):
    file.write_bytes(file.read_bytes()[:5000])


def _flip(file):  # one bit, amid the weights
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 64
    file.write_bytes(content)


def _empty(file):
    file.write_bytes(b"")


def _other(file):
    torch.save({"weights": {"head.weight": torch.zeros(3)}}, file)


@pytest.mark.parametrize("damage", [_cut, _flip, _empty, _other])
def test_a_damaged_file_is_said_and_replaced(digits, cache, quick, capsys, damage):
    first = load_classifier(digits)
    (kept,) = cache.iterdir()
    damage(kept)
    capsys.readouterr()
    again = load_classifier(digits)
    said = capsys.readouterr().out.splitlines()
    assert str(kept) in said[0] and "damaged" in said[0] and "again" in said[0]
    assert torch.equal(again.head.weight, first.head.weight)
    load_classifier(digits)
    assert quick == [0, 0]


def _permute(kept):  # still plausible weights, but no longer of this network
    weight = kept["weights"]["body.7.weight"]
    kept["weights"]["body.7.weight"] = weight[:, torch.randperm(weight.shape[1], generator=torch.manual_seed(0))]


def _permute_and_own_up(kept):
    _permute(kept)
    kept["accuracy"] = 0.1


def _lose_a_number(kept):
    kept["weights"]["head.bias"][0] = torch.nan


def _boast(kept):
    kept["accuracy"] = 1.0


def _claim_nothing(kept):
    kept["accuracy"] = float("nan")


def _claim_a_word(kept):
    kept["accuracy"] = "excellent"


@pytest.mark.parametrize(
    "change", [_permute, _permute_and_own_up, _lose_a_number, _boast, _claim_nothing, _claim_a_word]
)
def test_a_kept_classifier_is_measured_again_and_not_believed(digits, cache, quick, capsys, change):
    """Whole files all of them, as far as check sums can tell."""
    first = load_classifier(digits)
    (path,) = cache.iterdir()
    kept = torch.load(path)
    change(kept)
    torch.save(kept, path)
    capsys.readouterr()
    again = load_classifier(digits)
    said = capsys.readouterr().out.splitlines()
    assert str(path) in said[0] and "damaged" in said[0] and "again" in said[0]
    assert torch.equal(again.head.weight, first.head.weight) and again.accuracy == first.accuracy
    load_classifier(digits)
    assert quick == [0, 0]


def test_one_image_more_or_less_is_rounding(digits, cache, quick):
    """Another device may name an image differently whose two best logits are all but equal."""
    first = load_classifier(digits)
    (path,) = cache.iterdir()
    kept = torch.load(path)
    kept["accuracy"] -= 1 / 360
    torch.save(kept, path)
    assert load_classifier(digits).accuracy == first.accuracy
    assert quick == [0]


@pytest.mark.parametrize("what", ["folder", "pipe", "denied"])
def test_what_cannot_be_read_is_left_as_it_is(digits, cache, quick, capsys, monkeypatch, what):
    first = load_classifier(digits)
    (path,) = cache.iterdir()
    if what == "denied":

        def denied(path):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(classifier_cache, "load_tensors", denied)
    else:
        if what == "pipe" and not hasattr(os, "mkfifo"):
            pytest.skip("needs POSIX pipes")
        path.unlink()
        (os.mkfifo if what == "pipe" else os.mkdir)(path)
    before = os.lstat(path)
    capsys.readouterr()
    again = load_classifier(digits)
    said = capsys.readouterr().out.splitlines()[0]
    assert str(path) in said and "cannot be read" in said and "elete" not in said
    assert torch.equal(again.head.weight, first.head.weight)
    assert os.path.samestat(os.lstat(path), before) and list(cache.iterdir()) == [path]


RACE = """
import os, sys, time
from course_utils.data import load_images
from course_utils.evaluation import classifier, classifier_cache, load_classifier

classifier.STEPS = 40
digits = load_images("digits")
trained = classifier.train_classifier(digits, 0)

def slow(images, seed):
    print("training", flush=True)
    time.sleep(0.5)
    return trained

classifier_cache.train_classifier = slow
classifier_cache.MINIMUM_ACCURACY = {}
children = []
for _ in range(30):
    children.append(os.fork())
    if children[-1] == 0:
        os._exit(load_classifier(digits).accuracy != trained.accuracy)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_thirty_processes_at_once_train_one(cache):
    """In a process of its own, with one thread: a child forked from one whose thread pools are running may hang."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", RACE], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count("training") == 1
    assert len(list(cache.iterdir())) == 1


def test_any_name_of_the_data_makes_one_file_in_the_cache(digits, cache, quick):
    load_classifier(replace(digits, name="../my pictures/of cats" + "!" * 300))
    (kept,) = cache.iterdir()
    assert kept.is_file()


def test_a_cached_file_runs_no_code(digits, cache, quick, tmp_path, capsys):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    load_classifier(digits)
    (kept,) = cache.iterdir()
    torch.save({"weights": Trap()}, kept)
    load_classifier(digits)
    assert not (tmp_path / "sprung").exists()
    assert "damaged" in capsys.readouterr().out


def test_an_unusable_cache_folder_is_no_obstacle(digits, cache, quick, capsys):
    cache.write_text("a file where the folder should be")
    assert load_classifier(digits).accuracy >= 0.8
    assert "cannot be kept" in capsys.readouterr().out


def test_a_failed_write_leaves_nothing_behind(digits, cache, quick, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    load_classifier(digits)
    assert "No space left on device" in capsys.readouterr().out
    assert list(cache.iterdir()) == []


def test_one_that_reads_badly_is_refused(digits, cache, monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 4)
    with pytest.raises(ClassifierError, match="names only .* of the test images .* would mislead"):
        load_classifier(digits)
    assert list(cache.iterdir()) == []


def test_reading_is_in_chunks_without_gradient_and_in_evaluation_mode():
    torch.manual_seed(0)
    reader = Classifier().train()
    x = torch.rand(classifier.CHUNK + 7, 1, 28, 28, requires_grad=True) * 2 - 1
    features, logits = reader.features(x), reader.logits(x)
    assert features.shape == (len(x), 64) and logits.shape == (len(x), 10)
    assert features.min() >= 0 and not features.requires_grad
    torch.testing.assert_close(logits, reader.head(features))
    torch.testing.assert_close(reader.features(x[-3:]), features[-3:])  # whatever else is in the batch
    assert reader.features(x[:2].double()).dtype == torch.float32


@pytest.mark.parametrize(("channels", "size"), [(3, 32), (1, 30)])
def test_other_image_shapes(channels, size):
    reader = Classifier(channels, size, classes=4)
    assert reader.logits(torch.zeros(2, channels, size, size)).shape == (2, 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu(digits, cache):
    torch.cuda.manual_seed(1)
    expected = torch.rand(5, device="cuda")
    torch.cuda.manual_seed(1)
    reader = load_classifier(digits.to("cuda"))
    assert torch.equal(torch.rand(5, device="cuda"), expected)
    assert reader.accuracy >= 0.98 and reader.head.weight.is_cuda
    x = digits.fixed(100, "test")
    on_cpu = load_classifier(digits)  # the same file serves both
    torch.testing.assert_close(reader.features(x).cpu(), on_cpu.features(x), rtol=1e-2, atol=1e-2)
