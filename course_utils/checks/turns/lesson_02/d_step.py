"""Turn 02.2: one move of the discriminator."""

from torch.nn.functional import binary_cross_entropy, softplus  # noqa: F401 (a mistake uses it)

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations
from course_utils.checks.turns.lesson_02.stage import two_moves, when_sure


def d_step(generator, discriminator, g_optimizer, d_optimizer, real, z):
    fake = generator(z).detach()
    r, f = discriminator(real), discriminator(fake)
    loss = softplus(-r).mean() + softplus(f).mean()
    d_optimizer.zero_grad()
    loss.backward()
    d_optimizer.step()
    return loss.detach()


def probe(step) -> Observations:
    return two_moves(step, "discriminator", with_real=True) | when_sure(step, "discriminator", with_real=True)


LOSS = "softplus(-r).mean() + softplus(f).mean()"

EXERCISE = Exercise(
    number="02.2",
    title="One move of the discriminator",
    hints=(
        "Five things in this order: make the generated points, ask D about both kinds, write down L_D, clear D's old "
        "gradients, send the loss back; then let one optimiser move. Whose weights may change?",
        "softplus(-r).mean() is small where D calls real points real; softplus(f).mean() where it calls generated ones "
        "generated. Detach the generated points; use d_optimizer for zero_grad and for step; return the loss.",
    ),
    parts=(
        Part(
            d_step,
            probe=probe,
            name="D's step",
            why="Only D has moved, and nothing of this loss is left in G.",
            mistakes=(
                Mistake(
                    "generated points that are not detached",
                    "D moves as it should. But the loss also ran back through G: one more backward pass, and a "
                    "gradient left in G, which is only harmless as long as somebody clears it before G's own step. "
                    "Which call cuts the generated points off from G?",
                    edited(d_step, (".detach()\n    r, f", "\n    r, f")),
                ),
                Mistake(
                    "real and generated exchanged",
                    "This D learns to give generated points large logits and real ones small ones.",
                    edited(d_step, (LOSS, "softplus(r).mean() + softplus(-f).mean()")),
                ),
                Mistake(
                    "both kinds called real",
                    "Both terms ask for large logits. For which points should the logit be small?",
                    edited(d_step, (LOSS, "softplus(-r).mean() + softplus(-f).mean()")),
                ),
                Mistake(
                    "both kinds called generated",
                    "Both terms ask for small logits. For which points should the logit be large?",
                    edited(d_step, (LOSS, "softplus(r).mean() + softplus(f).mean()")),
                ),
                Mistake(
                    "a climb instead of a descent",
                    "The optimiser goes down whatever loss it is given, and L_D is already something to minimise.",
                    edited(d_step, (LOSS, "-softplus(-r).mean() - softplus(f).mean()")),
                ),
                Mistake(
                    "gradients that are never cleared",
                    "backward() adds to the gradients that are there: those of D's last step, and those that G's "
                    "backward pass has left in D. The optimiser that holds D's weights can clear them.",
                    edited(d_step, ("    d_optimizer.zero_grad()\n", "")),
                ),
                Mistake(
                    "gradients cleared between backward() and step()",
                    "The optimiser then finds no gradient, and D stays where it is.",
                    edited(
                        d_step,
                        ("    d_optimizer.zero_grad()\n    loss.backward()\n", "    loss.backward()\n"),
                        ("    d_optimizer.step()", "    d_optimizer.zero_grad()\n    d_optimizer.step()"),
                    ),
                ),
                Mistake(
                    "gradients cleared only after the step",
                    "Between two moves of D the generator's backward pass leaves gradients in D. They have to be "
                    "cleared before D's own are computed.",
                    edited(
                        d_step,
                        ("    d_optimizer.zero_grad()\n", ""),
                        ("    d_optimizer.step()", "    d_optimizer.step()\n    d_optimizer.zero_grad()"),
                    ),
                ),
                Mistake(
                    "a loss that is never sent back",
                    "Without backward() there are no gradients, and the optimiser has nothing to follow.",
                    edited(d_step, ("    loss.backward()\n", "")),
                ),
                Mistake(
                    "logits that are detached",
                    "The points were to be cut off from G. Cut off the logits, and the second term no longer reaches "
                    "D either.",
                    edited(
                        d_step,
                        (".detach()\n    r, f", "\n    r, f"),
                        ("discriminator(fake)", "discriminator(fake).detach()"),
                    ),
                ),
                Mistake(
                    "a generator that is frozen for good",
                    "D moves as it should, but G's weights no longer take part in any gradient: G's next step fails. "
                    "Which call cuts off the points only?",
                    edited(d_step, ("    fake =", "    generator.requires_grad_(False)\n    fake =")),
                ),
                Mistake(
                    "a step without its last line",
                    "The loss and its gradients are there, but no weight of D has moved.",
                    edited(d_step, ("    d_optimizer.step()\n", "")),
                ),
                Mistake(
                    "the generator's optimiser",
                    "It holds G's weights. In this step D moves, and D alone.",
                    edited(d_step, ("    d_optimizer.step()", "    g_optimizer.step()")),
                ),
                Mistake(
                    "the generator's optimiser throughout",
                    "It holds G's weights, so neither are D's gradients cleared nor does D move. In this step D moves, "
                    "and D alone.",
                    edited(
                        d_step,
                        ("    d_optimizer.zero_grad()", "    g_optimizer.zero_grad()"),
                        ("    d_optimizer.step()", "    g_optimizer.step()"),
                    ),
                ),
                Mistake(
                    "a step of both optimisers",
                    "G moves too, by the gradients that its own last step has left. In this step D moves, and D alone.",
                    edited(d_step, ("    d_optimizer.step()", "    d_optimizer.step()\n    g_optimizer.step()")),
                ),
                Mistake(
                    "a step of both optimisers, with points that are not detached",
                    "G is moved down D's loss: it learns to help D. In this step D moves, and D alone.",
                    edited(
                        d_step,
                        (".detach()\n    r, f", "\n    r, f"),
                        ("d_optimizer.zero_grad()", "d_optimizer.zero_grad()\n    g_optimizer.zero_grad()"),
                        ("    d_optimizer.step()", "    d_optimizer.step()\n    g_optimizer.step()"),
                    ),
                ),
                Mistake(
                    "one mean over both halves",
                    "This is ½ L_D. Adam would make the same step, plain descent half of it, and the loss of a D that "
                    "cannot tell is ln 2 instead of 2 ln 2.",
                    edited(d_step, (LOSS, "(softplus(-r).mean() + softplus(f).mean()) / 2")),
                ),
                Mistake(
                    "sums in the place of means",
                    "The step then grows with the size of the batch.",
                    edited(d_step, (LOSS, "softplus(-r).sum() + softplus(f).sum()")),
                ),
                Mistake(
                    "the real points only",
                    "Without the second term D may call everything real.",
                    edited(d_step, (LOSS, "softplus(-r).mean()")),
                ),
                Mistake(
                    "the generated points only",
                    "Without the first term D may call everything generated.",
                    edited(d_step, (LOSS, "softplus(f).mean()")),
                ),
                Mistake(
                    "probabilities in the place of logits",
                    "softplus takes logits. After a sigmoid all numbers lie between 0 and 1, and D can never become "
                    "sure.",
                    edited(d_step, ("    loss =", "    r, f = r.sigmoid(), f.sigmoid()\n    loss =")),
                ),
                Mistake(
                    "the logarithm of a rounded sigmoid",
                    "Where D is very sure and wrong, the sigmoid is rounded to 0 and its logarithm is −∞. "
                    "softplus does both in one, without rounding.",
                    edited(d_step, (LOSS, "-r.sigmoid().log().mean() - (1 - f.sigmoid()).log().mean()")),
                ),
                Mistake(
                    "a cross-entropy of probabilities",
                    "PyTorch cuts its logarithms off at −100, so where D is very sure and wrong the gradient is 0. "
                    "softplus of the logit, or binary_cross_entropy_with_logits, does not.",
                    edited(
                        d_step,
                        (
                            LOSS,
                            "binary_cross_entropy(r.sigmoid(), 0 * r + 1) + binary_cross_entropy(f.sigmoid(), 0 * f)",
                        ),
                    ),
                ),
                Mistake(
                    "random numbers of its own",
                    "The step is given z; it must not draw other numbers.",
                    edited(d_step, ("    fake =", "    z = z.new_empty(z.shape).normal_()\n    fake =")),
                ),
            ),
        ),
    ),
)
