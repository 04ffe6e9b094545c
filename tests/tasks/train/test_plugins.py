"""Estimators and objectives of a user's own, by one file each, through an iteration on plain torch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specs.errors import SpecError
from specs.identity import train_part
from specs.load import load_spec
from specs.schema import Spec
from tasks.errors import TrainingError
from tasks.train import catalogue
from tasks.train.advantages.registry import estimator_of
from tasks.train.forward import PolicyModule
from tasks.train.inputs import adamw_settings, step_settings
from tasks.train.objectives.registry import head_of, objective_of
from tasks.train.own_code import own_code
from tasks.train.settings import StepSettings
from tasks.train.trial import try_own_code
from tests.one_line import one_line
from tests.specs.conftest import PUZZLE
from tests.tasks.train.tools import Done, OneRank, PlainEngine, changed, difference, policy, rollouts, run

OWN = "tests/tasks/train/plugins/own.py"
BATCH = rollouts(seed=40, prompts=6, samples=5)
Spoken = Callable[..., Spec]


@pytest.fixture
def spec(tmp_path: Path) -> Spoken:
    """The puzzle's spec with overrides."""

    def load(*overrides: str) -> Spec:
        path = tmp_path / "x.yaml"
        path.write_text(PUZZLE)
        return load_spec(path, overrides, {}).spec

    return load


def settings_of(spec: Spec, **changes: Any) -> StepSettings:
    """What the ranks are given for this spec."""
    limits = {"audit_max_mean": 1e9, "audit_min_effective_share": 0.0}
    return changed(step_settings(train_part(spec), token_budget=10_000, **limits), **{"warmup_steps": 0, **changes})


def module_for(settings: StepSettings, dtype: torch.dtype = torch.float64) -> PolicyModule:
    """The tiny policy with the objective's head."""
    lm = policy(dtype).lm
    head = head_of(settings.objective, lm.config.hidden_size, settings.seed)
    return PolicyModule(lm, None if head is None else head.to(dtype))


# -- estimators


def test_an_estimator_of_the_users_trains(spec: Spoken) -> None:
    settings = settings_of(
        spec(f"advantage.use={OWN}:squashed", "advantage.args.strength=0.5", "train.minibatch_prompts=4")
    )
    done = run(policy(), BATCH, settings)
    scores, judged = BATCH.score_tensors()
    for row, values, mask, found in zip(BATCH.scores, scores, judged, done.iteration.advantages.total, strict=True):
        mean = np.mean([s for s in row if s is not None])
        wanted = torch.where(mask & (mask.sum() >= 2), 0.5 * (values - mean).tanh(), 0.0)
        torch.testing.assert_close(found, wanted)
    assert done.result["metrics"]["grad_norm"] > 0
    assert done.result["metrics"]["c_o_right_mean"] > 0, "the curves of a control are there for every estimator"


def test_a_bonus_of_the_users_reads_whole_groups(spec: Spoken) -> None:
    """Cut into single responses, one step a batch, it is the same step: the old policy's pass comes first."""
    settings = settings_of(spec(f"advantage.use={OWN}:doubtful"), minibatch_prompts=100)
    whole, pieces = run(policy(), BATCH, settings), run(policy(), BATCH, changed(settings, token_budget=1), ranks=2)
    assert difference(pieces.engine.gradients[0], whole.engine.gradients[0]) <= 1e-12
    advantages = whole.iteration.advantages
    assert advantages is not None and (advantages.bonus.abs() > 0).any()
    assert torch.equal(advantages.total, advantages.base + advantages.bonus)
    assert advantages.bonus.sum(-1).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("flat", r"advantage\.use .*own\.py:flat: gave a tensor \[6\], want a tensor \[prompts, samples\] = \[6, 5\]"),
        ("failing", r"^advantage\.use: .*failing: KeyError: 'advantage' \(tests/tasks/train/plugins/own\.py:\d+\)$"),
        ("lacking", r"^advantage\.use: .*lacking: TypeError: shifted\(\) missing 1 required .*'by' \(.*own\.py\)$"),
    ],
)
def test_a_mistake_in_an_estimator_names_the_code(spec: Spoken, name: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        run(policy(), BATCH, settings_of(spec(f"advantage.use={OWN}:{name}")))


def test_a_file_that_cannot_be_imported_says_where(spec: Spoken, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import helper_of_bad\n\ndef mine(groups): ...\n")
    (tmp_path / "helper_of_bad.py").write_text("x = 1\n1 / 0\n")
    settings = settings_of(spec(f"advantage.use={tmp_path}/bad.py:mine"))
    message = rf"advantage\.use: .*/bad\.py cannot be loaded: ZeroDivisionError: .* \({tmp_path}/helper_of_bad\.py:2\)"
    with pytest.raises(SpecError, match=message):
        estimator_of(settings.advantage)


def test_edited_code_is_another_experiment(spec: Spoken, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def mine(groups):\n    return groups.scores\n")
    part = train_part(spec(f"advantage.use={path}:mine"))
    assert torch.equal(estimator_of(step_settings_of(part).advantage).base(groups()), groups().scores)
    path.write_text("def mine(groups):\n    return 2 * groups.scores\n")
    with pytest.raises(SpecError, match=r"mine\.py has changed since the run began; put it back"):
        step_settings_of(part)
    edited = train_part(spec(f"advantage.use={path}:mine"))
    assert edited != part
    assert torch.equal(estimator_of(step_settings_of(edited).advantage).base(groups()), 2 * groups().scores)


def test_a_manifest_that_names_code_that_no_spec_has_says_so(spec: Spoken) -> None:
    part = train_part(spec(f"advantage.use={OWN}:squashed"))
    part["advantage"]["source"] = "0" * 64
    with pytest.raises(SpecError, match=r"a user's own code with the source 000000000000 is needed.*own\.py"):
        step_settings_of(part)


def step_settings_of(part: dict[str, Any]) -> StepSettings:
    return step_settings(part, token_budget=100, audit_max_mean=1e9, audit_min_effective_share=0.0)


def groups() -> Any:
    from tasks.train.advantages.groups import Groups

    scores, judged = BATCH.score_tensors()
    return Groups.of(scores, judged, torch.ones(judged.shape), correct_at=1.0)


# -- objectives


def test_an_objective_of_the_users_trains_and_costs_no_pass(spec: Spoken) -> None:
    settings = settings_of(spec(f"objective.use={OWN}:Plain"), minibatch_prompts=100)
    done = run(policy(), BATCH, settings)
    standard = run(policy(), BATCH, changed(settings, objective="ppo_clip"))
    # On policy the ratio is 1: the same gradient.
    assert difference(done.engine.gradients[0], standard.engine.gradients[0]) <= 1e-12
    assert done.result["metrics"]["forward_calls"] == standard.result["metrics"]["forward_calls"]
    assert adamw_settings(train_part(spec(f"objective.use={OWN}:Plain"))) == adamw_settings(train_part(spec()))


EVERYTHING = (
    f"objective.use={OWN}:Everything",
    "objective.args={beta: 0.5, target: 1.5}",
    "objective.aggregation=sequence_mean",
)


def everything(spec: Spoken, **changes: Any) -> tuple[StepSettings, PolicyModule]:
    settings = settings_of(spec(*EVERYTHING), **{"learning_rate": 0.01, "minibatch_prompts": 2, **changes})
    return settings, module_for(settings)


def plainly(
    module: PolicyModule, old: PolicyModule, done: Done, groups: range, coefficient: float
) -> tuple[float, Tensor]:
    """(loss, gradient) of `Everything` with beta 0.5 on a minibatch, one sequence at a time, as its equations say."""
    assert done.iteration.advantages is not None and module.head is not None
    advantages = done.iteration.advantages.total
    sequences = [
        (g, s, r) for g in groups for s, r in enumerate(BATCH.response_ids[g]) if BATCH.scores[g][s] is not None
    ]

    def log_probs(of: PolicyModule, g: int, response: Any) -> tuple[Tensor, Tensor, Tensor]:
        prompt = list(BATCH.prompt_ids[g])
        hidden = of.lm.model(input_ids=torch.tensor([[*prompt, *response]])).last_hidden_state[0]
        normalised = torch.log_softmax(of.lm.lm_head(hidden[len(prompt) - 1 : -1]), -1)
        entropy = -(normalised.exp() * normalised).sum(-1)
        return normalised.gather(-1, torch.tensor(response)[:, None])[:, 0], entropy, hidden[: len(prompt)]

    with torch.no_grad():
        before = [log_probs(old, g, r)[0] for g, _, r in sequences]
    a = torch.cat(before)
    b = torch.cat([advantages[g, s].expand(len(r)) for g, s, r in sequences])
    covariance = (a - a.mean()) * (b - b.mean())
    kept = (covariance <= covariance.quantile(0.8)).split([len(r) for *_, r in sequences])
    losses = []
    for (g, s, response), keep in zip(sequences, kept, strict=True):
        now, entropy, hidden = log_probs(module, g, response)
        loss = (module.head([hidden])[0] + now.mean() - 0.5 * advantages[g, s]).square() * keep
        losses.append((loss - coefficient * entropy).mean())
    loss = torch.stack(losses).mean()
    gradient = torch.autograd.grad(loss, list(module.parameters()))
    return loss.item(), torch.cat([each.flatten() for each in gradient])


def test_head_statistics_and_scalars_are_those_of_the_equations(spec: Spoken) -> None:
    settings, module = everything(spec)
    done = run(module, BATCH, settings)
    assert done.iteration.old is not None
    coefficient, losses = 0.01, []
    for step, (weights, gradient) in enumerate(zip(done.engine.weights, done.engine.gradients, strict=True)):
        now = copy.deepcopy(module)
        now.load_state_dict(weights)
        chosen = range(2 * step, 2 * step + 2)
        loss, wanted = plainly(now, module, done, chosen, coefficient)
        losses.append(loss)
        assert difference(gradient, wanted) <= 1e-11
        entropies = done.iteration.old.responses.of_groups(chosen).values[2]
        coefficient = max(0.0, coefficient + (0.001 if entropies.mean() < 1.5 else -0.0003))
    metrics = done.result["metrics"]
    assert metrics["loss"] == pytest.approx(np.mean(losses), rel=1e-9)
    assert metrics["objective_coefficient"] == coefficient == done.engine.scalars["coefficient"] != 0.01
    before = module.head.layers[0].weight  # type: ignore[union-attr, index]
    assert not torch.equal(done.engine.module.head.layers[0].weight, before), "the head is not trained"


@pytest.mark.parametrize(("budget", "ranks"), [(1, 1), (48, 2), (10_000, 3)])
def test_an_objective_that_asks_for_everything_is_the_same_in_every_way(spec: Spoken, budget: int, ranks: int) -> None:
    settings, module = everything(spec)
    whole = run(module, BATCH, settings)
    pieces = run(module, BATCH, changed(settings, token_budget=budget), ranks, whole.engine.weights)
    for one, other in zip(pieces.engine.gradients, whole.engine.gradients, strict=True):
        assert difference(one, other) <= 1e-11
    assert pieces.engine.scalars == whole.engine.scalars


def test_scalars_go_on_from_what_the_engine_has_and_others_are_dropped(spec: Spoken) -> None:
    from tasks.train.iteration import Iteration

    settings, module = everything(spec)
    engine = PlainEngine(module, OneRank(), scalars={"coefficient": 0.5, "of another objective": 3.0})
    Iteration(engine, OneRank(), BATCH, settings, 0).run()
    assert engine.scalars.keys() == {"coefficient"} and 0.49 < engine.scalars["coefficient"] < 0.51
    Iteration(engine, OneRank(), BATCH, changed(settings, objective="ppo_clip"), 1).run()
    assert engine.scalars == {}


def test_what_any_objective_may_have_goes_around_a_users_own(spec: Spoken) -> None:
    """Scalars of both, statistics of both, and the user's head."""
    target = "objective.entropy_target={target: 1e3, delta: 0.01, min: 0.02}"
    plain = settings_of(spec(f"objective.use={OWN}:Plain", target, "objective.high_entropy_share=0.3"))
    done = run(policy(), BATCH, changed(plain, minibatch_prompts=2))
    assert done.result["metrics"]["objective_entropy_coefficient"] == pytest.approx(0.02 + 3 * 0.01)
    settings, module = everything(spec)
    module.head.requires_grad_(False)  # type: ignore[union-attr]
    all_of_it, part_of_it = (run(module, BATCH, changed(settings, high_entropy_share=share)) for share in (0.999, 0.3))
    assert all_of_it.engine.scalars.keys() == part_of_it.engine.scalars.keys() == {"coefficient"}
    assert difference(part_of_it.engine.gradients[0], all_of_it.engine.gradients[0]) > 0.1


def test_a_coefficient_of_the_users_own_is_not_beside_a_target(spec: Spoken, tmp_path: Path) -> None:
    target = "objective.entropy_target.target=0.3"
    with pytest.raises(
        SpecError, match=r"^objective\.entropy_target: objective Everything has an entropy_coefficient of"
    ):
        try_own_code(spec(*EVERYTHING, target))
    (tmp_path / "mine.py").write_text(
        "from tasks.train.objectives.base import Objective\n\n\nclass Mine(Objective):\n"
        "    def token_losses(self, tokens): ...\n    def scalars(self):\n        return {'entropy_bonus': 1.0}\n"
    )
    with pytest.raises(
        SpecError, match=r"objective Mine keeps a scalar called entropy_bonus, as objective\.entropy_target"
    ):
        try_own_code(spec(f"objective.use={tmp_path}/mine.py:Mine", target))


@pytest.mark.parametrize("name", ["Called", "Empty"])
def test_a_share_of_tokens_does_not_keep_a_users_own_from_being_tried(spec: Spoken, name: str) -> None:
    with pytest.raises((SpecError, TrainingError), match=r"objective\.use"):
        try_own_code(spec(f"objective.use={OWN}:{name}", "objective.high_entropy_share=0.2"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "Misshapen",
            r"objective Misshapen: token_losses gave losses \[\d+\] and clipped \[\d+\], want \[tokens\] = \[\d+\]",
        ),
        (
            "Forgetful",
            r"objective Forgetful: its scalars after minibatch 0 of iteration 0 are \{'other': 1\.0\}.* named one",
        ),
    ],
)
def test_a_mistake_in_an_objective_names_it(spec: Spoken, name: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        run(policy(), BATCH, settings_of(spec(f"objective.use={OWN}:{name}")))


def test_an_objective_reads_the_reference_that_the_spec_names(spec: Spoken) -> None:
    own = settings_of(spec(f"objective={{use: '{OWN}:WithReference', reference: {{}}}}"))
    kl = "{coefficient: 0.5, estimator: k1, with_ratio: false}"
    plain = settings_of(spec(f"objective={{use: '{OWN}:Plain', kl: {kl}}}"))
    found, wanted = run(policy(), BATCH, own), run(policy(), BATCH, plain)
    assert difference(found.engine.gradients[0], wanted.engine.gradients[0]) <= 1e-12
    assert found.result["metrics"]["reference_kl"] == wanted.result["metrics"]["reference_kl"] > 0


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            [f"objective.use={OWN}:WithReference"],
            r"objective\.reference: missing; objective WithReference needs",
        ),
        ([f"objective.use={OWN}:Empty"], r"objective\.use: .*own\.py:Empty defines no token_losses\(self, tokens\)"),
        ([f"objective.use={OWN}:squashed"], r"objective\.use: .*own\.py:squashed is no objective; want a subclass of"),
        (
            [f"objective.use={OWN}:Bounded", "objective.args={limit: -1}"],
            r"objective\.use: .*own\.py:Bounded cannot be made with its args .*ValueError: limit -1, want > 0 \(.*\)",
        ),
    ],
)
def test_an_objective_that_cannot_be_had_is_refused_before_the_ranks_start(
    spec: Spoken, overrides: list[str], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        adamw_settings(train_part(spec(*overrides)))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["advantage.use=OWN:lacking"], r"^advantage\.use: .*lacking: TypeError: shifted\(\) missing 1 required"),
        (["advantage.use=OWN:flat"], r"^advantage\.use .*own\.py:flat: gave a tensor \[4\], want .* = \[4, 8\]"),
        (["advantage.use=OWN:Plain"], r"^advantage\.use: .*own\.py:Plain is a class; want a function of Groups"),
        (["objective.use=OWN:Called"], r"^objective\.use: .*Called: TypeError: .*token_losses\(\) takes 1 positional"),
        (["objective.use=OWN:Empty"], r"^objective\.use: .*own\.py:Empty defines no token_losses"),
        (["objective.use=OWN:WithReference"], r"^objective\.reference: missing; objective WithReference needs"),
    ],
)
def test_own_code_that_cannot_be_called_fails_before_anything_is_sampled(
    spec: Spoken, overrides: list[str], message: str
) -> None:
    sizes = ["rollout={prompts: 4, samples: 8}", "train.minibatch_prompts=4"]
    with one_line((SpecError, TrainingError), message):
        try_own_code(spec(*sizes, *(text.replace("OWN", OWN) for text in overrides)))


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["advantage.use=OWN:doubtful", "objective.use=OWN:Plain"],
        ["objective.use=OWN:Everything"],
        ["objective={use: OWN:WithReference, reference: {}}"],
    ],
)
def test_own_code_that_can_is_tried_without_a_word(spec: Spoken, overrides: list[str]) -> None:
    try_own_code(spec(*(text.replace("OWN", OWN) for text in overrides)))


def test_a_call_that_fails_is_the_code_s_fault_and_memory_is_not(spec: Spoken) -> None:
    with one_line(TrainingError, r"^objective\.use: .*own\.py:Called: TypeError: .*takes 1 positional argument"):
        run(policy(), BATCH, settings_of(spec(f"objective.use={OWN}:Called")))
    member = spec(f"objective.use={OWN}:Plain").objective
    with pytest.raises(MemoryError), own_code(member, "objective.use"):
        raise MemoryError


def test_the_first_values_of_a_head_follow_the_seed(spec: Spoken) -> None:
    objective = settings_of(spec(*EVERYTHING)).objective

    def weights(seed: int) -> Tensor:
        return next(iter(head_of(objective, 16, seed).parameters()))  # type: ignore[union-attr]

    torch.manual_seed(0)
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))
    assert torch.equal(torch.rand(1), drawn), "it draws from a generator of its own"


# -- labels and versions


def test_every_estimator_and_objective_has_a_file_with_label_source_and_version() -> None:
    from specs.keys import choices

    labels = {}
    for section, folder in (("advantage", "advantages"), ("objective", "objectives")):
        for name, model in choices()[(section,)].members.items():
            if name != "use":
                member = model.model_construct()
                labels[name] = catalogue.entry_of(member).label
                assert catalogue.entry_of(member).citation and catalogue.entry_of(member).version >= 1
                assert (Path(catalogue.__file__).parent / folder / f"{name}.py").is_file()
                if section == "objective":
                    assert objective_of(model()).settings == model()  # type: ignore[arg-type]
    assert labels == {
        "arm": "ARM",
        "grpo": "GRPO",
        "dr_grpo": "Dr. GRPO",
        "rloo": "RLOO",
        "reinforce_pp_baseline": "REINFORCE++-baseline",
        "pass_at_k": "Pass@k training",
        "weighted_reinforce": "W-REINFORCE",
        "ppo_clip": "PPO clip",
        "gspo": "GSPO",
        "cispo": "CISPO",
        "clip_cov": "Clip-Cov",
        "kl_cov": "KL-Cov",
    }


def test_a_member_s_file_may_annotate_its_names_and_lacks_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text('LABEL = "Mine"\nCITATION: str = "a paper"\nVERSION: int = 2\n')
    assert catalogue._read(path) == catalogue.Entry("Mine", "a paper", 2)
    for name in ("LABEL", "CITATION", "VERSION"):
        lacking = tmp_path / f"no_{name}.py"
        lacking.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith(name)))
        with pytest.raises(TrainingError, match=rf"no_{name}\.py: has no {name}; each estimator and objective sets"):
            catalogue._read(lacking)


def test_a_version_enters_the_keys_of_its_own_steps_alone(spec: Spoken, monkeypatch: pytest.MonkeyPatch) -> None:
    arm, grpo = spec(), spec("advantage.estimator=grpo")
    gspo = spec("advantage.estimator=grpo", "objective.kind=gspo")
    before = [catalogue.train_key_part(each) for each in (arm, grpo, gspo)]
    assert before == [train_part(each) for each in (arm, grpo, gspo)], "version 1 is in no key"
    read = catalogue._read

    def mended(path: Path) -> catalogue.Entry:
        entry = read(path)
        return catalogue.Entry(entry.label, entry.citation, 2 if path.stem in ("arm", "gspo") else entry.version)

    monkeypatch.setattr(catalogue, "_read", mended)
    after = [catalogue.train_key_part(each) for each in (arm, grpo, gspo)]
    assert after == [{**before[0], "versions": {"arm": 2}}, before[1], {**before[2], "versions": {"gspo": 2}}]
    assert step_settings_of(after[0]) == step_settings_of(before[0]), "a version is no setting"
