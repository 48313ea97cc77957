"""The settings of a study, by their keys. Made by `cargo xtask python-stubs`: not to be edited."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Literal, TypedDict


class Settings(TypedDict, total=False):
    """The settings of a study, each a keyword of ``study`` and ``explain``; None stands for the default."""

    # Synthetic data

    n_train: int | None
    """Training rows. Default: 512."""

    n_test: int | None
    """Test rows; 0 for none. Default: 512."""

    d_signal: int | None
    """Signal features. Default: 5."""

    signal_values: Literal["gaussian", "signs"] | None
    """Distribution of signal features: Gaussian, or signs ±1. Default: gaussian."""

    relevant_columns: int | None
    """The first K signal columns alone decide targets, with equal weights of random signs; 0 for all. Default: 0."""

    separation: float | None
    """Distance by which each row is moved away from the teacher's plane, to its own side. Default: 0."""

    signal_scale: float | None
    """Factor ε of the signal features. Default: 1."""

    memorization_scale: float | None
    """Value α of each training row's own column; 0 for none [default: 1, for files 0]."""

    target: Literal["sign", "linear", "constant"] | None
    """Targets: the teacher's labels ±1 or real numbers, or 1 for every row [default: sign; for files under squared
    loss, linear]."""

    label_noise: float | None
    """Probability that a training label is flipped; for networks the share of labels drawn at random. Default: 0."""

    data_seed: int | None
    """Seed of the data. Default: 123."""

    noise_seed: int | None
    """Seed of the labels that are flipped, if it is to be another than that of the data."""

    rng: Literal["xoshiro256pp", "libstdcxx"] | None
    """Random family of data and visiting order; libstdcxx is that of the reference programs. Default: xoshiro256pp."""

    # Data from files

    train: str | PathLike[str] | None
    """Training rows from an svmlight file, plain or gzip, or a store."""

    test: str | PathLike[str] | None
    """Test rows from an svmlight file, plain or gzip, or a store."""

    memorize: bool | None
    """Give each training row a column of its own (α = 1). Default: false."""

    zero_based: bool | None
    """Feature indices in files start at 0. Default: false."""

    labels: str | tuple[float, float] | None
    """The two labels of text: the one read as -1, then the one read as 1; or all, each a class with a model of its own
    [default: -1,1 or 0,1]."""

    sample_weights: str | PathLike[str] | None
    """Weights of the training rows, from a file of a number a line."""

    class_weight: str | None
    """Weights of the classes of training rows, by label, 1 for those not named; balanced: all classes count alike."""

    no_verify: bool | None
    """Take stores as they are, without checking their checksums and numbers first. Default: false."""

    # Training

    family: Literal["linear", "diagonal", "network"] | None
    """Family of models: linear ones, diagonal networks, whose weights are u∘u − v∘v, or networks of modular arithmetic.
    Default: linear."""

    init_scale: float | None
    """Initial u and v of diagonal networks; of networks the factor s of the deviation s/(2N)^⅓ of initial weights.
    Default: 1."""

    loss: Literal["logistic", "squared", "hinge"] | None
    """Loss to minimise; logistic is, for networks, that of the softmax. Default: logistic."""

    bias: bool | None
    """Train an intercept, which is not decayed. Default: false."""

    optimizer: Literal["sgd", "momentum", "adamw"] | None
    """Rule by which a gradient changes the weights: plain, with momentum, or AdamW. Default: sgd."""

    momentum: float | None
    """Momentum μ. Default: 0.9."""

    adam_beta1: float | None
    """Decay β₁ of AdamW's mean of gradients. Default: 0.9."""

    adam_beta2: float | None
    """Decay β₂ of AdamW's mean of squared gradients. Default: 0.999."""

    adam_epsilon: float | None
    """Addend of AdamW's denominators. Default: 1e-8."""

    learning_rate: float | None
    """Learning rate η. Default: 0.05."""

    schedule: Literal["constant", "inverse-scaling", "step", "cosine"] | None
    """How η changes from step to step. Default: constant."""

    schedule_power: float | None
    """Exponent p of inverse-scaling: η(t+1)^−p. Default: 0.5."""

    schedule_factor: float | None
    """Factor γ of the step schedule. Default: 0.5."""

    schedule_every: int | None
    """Epochs between two drops of the step schedule. Default: 1000."""

    warmup_steps: int | None
    """Steps of linear warm-up; 0 for none. Default: 0."""

    weight_decay: float | None
    """Weight decay λ. Default: 0.001."""

    decay_order: Literal["before", "after"] | None
    """Take the gradient after decaying the weights (decay before), or at the old weights. Default: after."""

    batch_size: int | Literal["full"] | None
    """Rows per update. Default: 1."""

    epochs: int | None
    """Passes over the training rows. Default: 6000."""

    order: Literal["shuffle", "sequential", "with-replacement"] | None
    """Order in which an epoch visits the rows. Default: shuffle."""

    order_seed: int | None
    """Seed of the visiting order. Default: 1234."""

    init: Literal["zero", "gaussian", "orthogonal", "teacher", "anti-teacher"] | None
    """Initial signal weights. Default: zero."""

    init_norm: float | None
    """Norm R of the initial signal weights. Default: 1."""

    init_seed: int | None
    """Seed of the initial weights. Default: 0."""

    continue_from: str | PathLike[str] | None
    """Begin with the weights of a model that `run --model` saved, in place of `init`; rows' own columns begin at 0."""

    # Networks

    modulus: int | None
    """Modulus p of the arithmetic: both inputs and the result are below it. Default: 97."""

    operation: Literal["add", "subtract", "multiply", "sum-of-squares", "quadratic", "cubic"] | None
    """Operation to learn: a + b, a − b, ab, a² + b², a² + ab + b² (quadratic), or a³ + ab (cubic), modulo p. Default:
    add."""

    data_fraction: float | None
    """Share of the p² pairs that are trained on; the others are tested on. Default: 0.5."""

    width: int | None
    """Neurons N of the hidden layer. Default: 500."""

    activation: Literal["quadratic", "relu"] | None
    """Function of a neuron: x² (quadratic), or max(x, 0) (relu). Default: quadratic."""

    # Evaluation

    eval_every: int | None
    """Evaluate every N epochs, instead of at log-spaced ones."""

    eval_points: int | None
    """Evaluate at about N log-spaced epochs. Default: 100."""

    accuracy_tolerance: float | None
    """A row counts as right when its squared error is below X, instead of by sign."""

    mem_figure: Literal["train_acc", "train_loss"] | None
    """What tells that a run has memorized. Default: train_acc."""

    mem_threshold: float | None
    """The accuracy that counts as memorized, or the loss, which counts downwards. Default: 0.99."""

    gen_figure: Literal["auto", "test_acc", "population_acc", "test_loss"] | None
    """What tells that a run has generalized; auto: population accuracy if it exists, else test. Default: auto."""

    gen_threshold: float | None
    """The accuracy that counts as generalized, or the loss, which counts downwards. Default: 0.9."""

    persistence: str | None
    """Span of training a threshold must hold for: `1%` of the epochs, or `30epochs`. Default: 1%."""

    crossing: Literal["first", "stable"] | None
    """Which crossing counts: the first that lasts, or the one that holds to the end. Default: first."""

    delay_ratio: float | None
    """Grokked: generalized at least X times as late as memorized. Default: 10."""

    stop_when: str | None
    """End a run early: `grokked`, or `grokked+K` for K epochs after generalization is detected."""

    # Engine

    kernel: Literal["auto", "scalar", "lanes", "dense"] | None
    """Training kernel. Default: auto."""

    simd: Literal["auto", "avx512", "avx2", "portable"] | None
    """Instruction set; results are the same to the bit. Default: auto."""

    threads: int | None
    """Most threads to use, 0 for all cores; one run uses them in large batches and evaluations. Default: 0."""

    checkpoint_every: str | None
    """Keep what is under way every so often: `60s`, `500epochs`, `never`. Default: 60s."""

    # Study

    until: str | None
    """Add seeds until the 95 % interval of a figure is as narrow as this: t_gen:5%, t_mem:5% or grok_rate:5%."""

    seed_what: Literal["order", "data", "init", "all"] | None
    """Which of the configuration's seeds they are added to. Default: all."""

    components: str | Sequence[str] | None
    """Cross these sources of randomness, to tell how much of the spread is whose: data, order, init, noise."""

    figures: str | Sequence[str] | None
    """Figures kept of every evaluation, for records, curves and traces. Default:
    train_acc,test_acc,population_acc,train_loss,test_loss,gap_loss,weight_norm,signal_norm,memorization_norm,margin_min,margin_mean,teacher_cosine."""

    traces: int | Literal["none", "all"] | None
    """Keep whole traces of the first N seeds of each cell, of none or of all. Default: 8."""
