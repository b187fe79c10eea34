"""Exercise 12.5, a bug hunt: held-out points that are trained on."""

import torch
from torch import Tensor, nn

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations


def fit(model: nn.Module, points: Tensor, steps: int = 400) -> Tensor:
    known, held_out = points.chunk(2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    curves = []
    for step in range(steps):
        batch = known[torch.randint(len(known), (32,))]
        loss = -model(batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            with torch.no_grad():
                curves.append([model(known).mean().item(), model(held_out).mean().item()])
    return torch.tensor(curves)


class Witness(nn.Module):
    """A model whose log-likelihood of a point is its first coordinate; it notes which points a loss sends gradients to.

    Its weight changes no score, but grows when the likelihood is pushed up.
    """

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.taught: set[float] = set()

    def forward(self, x: Tensor) -> Tensor:
        likelihood = x[:, 0] + 1e-3 * (self.weight - self.weight.detach())
        if likelihood.requires_grad:
            values = x[:, 0].detach()
            likelihood.register_hook(lambda gradient: self.note(values, gradient))
        return likelihood

    def note(self, values: Tensor, gradient: Tensor) -> None:
        self.taught |= set(values[gradient != 0].tolist())


def probe(run) -> Observations:
    """All known points have one likelihood, all held-out points another: any way of drawing batches shows the same."""
    model, known, held_out = Witness(), -1.0, -3.0
    points = torch.cat([torch.full((20, 2), known), torch.full((20, 2), held_out)])
    curves = torch.as_tensor(run(model, points, 40))
    columns = list(curves.T) if curves.dim() == 2 else []
    seen: Observations = {
        "the size of the curves": list(curves.shape),
        "whether the known points are trained on": known in model.taught,
        "whether the held-out points are trained on": held_out in model.taught,
        "whether the model has changed": model.weight.item() != 1.0,
        "whether the likelihood is pushed up": model.weight.item() > 1.0,
    }
    for name, column in zip(("first", "second"), columns, strict=False):
        for half, value in (("known", known), ("held-out", held_out)):
            scores = bool(((column - value).abs() < 1e-3).all())
            seen[f"whether the {name} column is the score of the {half} points"] = scores
    return seen


FROM_KNOWN = "known[torch.randint(len(known), (32,))]"
AS_IT_WAS = (FROM_KNOWN, "points[torch.randint(len(points), (32,))]")

WHY_NOT = {
    "A": (
        "a learning rate that is too high",
        "Both curves climb steadily; small jumps are those of any training with batches. And no learning rate lifts "
        "an honest score above the truth's.",
    ),
    "B": (
        "a success",
        "On points that the model has not seen, the truth has the best score on average that any density can have "
        "(Gibbs' inequality). How did the model come by more?",
    ),
    "D": (
        "a missing term of the likelihood",
        "A constant that is missing lifts a curve as much at the first step as at the last, and the truth's line comes "
        "from the same function. Here the untrained model scores far below the truth: what lifts it is training.",
    ),
    "E": (
        "known points that are scored in place of the held-out ones",
        "Then the two curves would be the same numbers. They are near to each other, but not the same.",
    ),
}

EXERCISE = Exercise(
    number="12.5",
    title="Bug hunt: better than the truth",
    hints=(
        "Who has the highest expected log-likelihood on new points? If the curve is above that, in what sense are "
        "the points not new? Follow `held_out` and `points` through the code.",
        "Look at where the batch comes from. Whoever is held out must not be in it, at any step.",
    ),
    parts=(
        choice(
            "C",
            WHY_NOT,
            "A score that beats the truth, or the floor, is a reason to look for a leak.",
        ),
        Part(
            fit,
            name="the repair",
            probe=probe,
            why="The held-out curve can now choose the best step; what that step is worth needs a third set.",
            mistakes=(
                Mistake(
                    "the fit as it was",
                    "The points that judge are still in the batches.",
                    edited(fit, AS_IT_WAS),
                ),
                Mistake(
                    "the two halves exchanged",
                    "Now the model learns from the held-out points only, and the known ones are new to it. The "
                    "columns no longer mean what they say.",
                    edited(fit, (FROM_KNOWN, "held_out[torch.randint(len(held_out), (32,))]")),
                ),
                Mistake(
                    "a loss with the wrong sign",
                    "An optimiser makes its loss smaller. Is a small value of yours good?",
                    edited(fit, ("loss = -model", "loss = model")),
                ),
                Mistake(
                    "another split than the given one",
                    "The known points are the first half of `points`, from the first step to the last. With a split of "
                    "your own, points that judge are trained on.",
                    edited(
                        fit,
                        (
                            "batch = known[",
                            "known, held_out = points[torch.randperm(len(points))].chunk(2)\n        batch = known[",
                        ),
                    ),
                ),
                Mistake(
                    "a score of the known points in both columns",
                    "The batches are right now. But the second column is to say what the model is worth on points "
                    "that it has not seen.",
                    edited(fit, ("model(held_out)", "model(known)")),
                ),
                Mistake(
                    "a score of all points in the second column",
                    "Half of these points have been trained on: the leak is smaller, but it is there.",
                    edited(fit, ("model(held_out)", "model(points)")),
                ),
                Mistake(
                    "the two columns exchanged",
                    "The training is right now. Look at the order of the columns.",
                    edited(
                        fit,
                        ("model(known).mean().item(), model(held_out)", "model(held_out).mean().item(), model(known)"),
                    ),
                ),
            ),
        ),
    ),
)
