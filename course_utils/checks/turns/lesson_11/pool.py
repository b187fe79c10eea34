"""Turn 11.3: what an image pool returns, and what it keeps."""

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def query(pool, new, swap, slots):
    old, chosen = pool[slots], swap.view(-1, 1, 1, 1)
    seen, kept = torch.where(chosen, old, new), torch.where(chosen, new, old)
    pool = pool.clone()
    pool[slots] = kept
    return seen, pool


def by_position(pool, new, swap, slots):
    return query(pool, new, swap, torch.arange(len(new)))


def stored_at_the_front(pool, new, swap, slots):
    seen, pool = query(pool, new, swap, slots)[0], pool.clone()
    pool[: int(swap.sum())] = new[swap]
    return seen, pool


def probe(answer) -> Observations:
    """A full pool of 7 images, a batch of 4, and 2 of them exchanged; what the answer does to its arguments counts."""
    kept, new = torch.randn(7, 1, 2, 3), torch.randn(4, 1, 2, 3)
    swap, slots = torch.tensor([True, False, False, True]), torch.tensor([5, 0, 3, 2])
    shown, after = answer(kept.clone(), new.clone(), swap.clone(), slots.clone())
    none, same = answer(kept.clone(), new.clone(), torch.zeros(4, dtype=torch.bool), slots.clone())
    seen: Observations = {
        "what D sees": shown, "the pool afterwards": after,
        "what D sees if nothing is exchanged": none, "the pool if nothing is exchanged": same,
    }  # fmt: skip
    return seen


TURN = Exercise(
    number="11.3",
    title="The image pool",
    hints=(
        "swap says for which images of the batch a stored one is returned. Those images take its place in the pool; "
        "the others are returned, and not stored.",
        "old = pool[slots]. What D sees is torch.where(chosen, old, new) with chosen = swap.view(-1, 1, 1, 1); what is "
        "written back into pool[slots] is torch.where(chosen, new, old).",
    ),
    parts=(
        Part(
            query,
            probe=probe,
            name="the image pool",
            expects="a function of pool [k, c, h, w], new [n, c, h, w], swap [n] and slots [n] that returns what D "
            "sees, [n, c, h, w], and the pool afterwards",
            why="An image that is exchanged leaves the pool: D sees it from there once.",
            mistakes=(
                Mistake(
                    "nothing stored",
                    "The pool never changes: D would see its first images for ever.",
                    edited(query, ("pool[slots] = kept", "pool[slots] = old")),
                ),
                Mistake(
                    "no history",
                    "D sees the new images only. Is the pool asked, and before the new images are stored?",
                    edited(query, ("return seen", "return new")),
                ),
                Mistake(
                    "history only",
                    "D sees stored images only. Where swap is False, it is to see the new one.",
                    edited(query, ("return seen", "return old")),
                ),
                Mistake(
                    "every new image stored",
                    "Images that D sees now are stored as well, and may be shown again later. Only the exchanged ones "
                    "go into the pool.",
                    edited(query, ("pool[slots] = kept", "pool[slots] = new")),
                ),
                Mistake(
                    "swap turned round",
                    "Where swap is True a stored image is returned, where it is False the new one.",
                    edited(query, ("swap.view", "(~swap).view")),
                ),
                Mistake(
                    "slots left out",
                    "The images of the batch are exchanged with the stored ones at slots, not with the first n.",
                    by_position,
                ),
                Mistake(
                    "stored at the front",
                    "A new image takes the place of the one that is returned for it; here that one stays, and another "
                    "is lost.",
                    stored_at_the_front,
                ),
            ),
        ),
    ),
)
