"""The augmentation spec's grammar: round trips, order, refusals with positions, and no other exception on junk."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixbench.augment.build import augmentation, canonical, composition
from mixbench.augment.table import BY_NAME
from mixbench.spec.errors import MixBenchError
from mixbench.spec.grammar import MAX_LENGTH, parse, write

REAL = st.floats(min_value=1e-6, max_value=1e6)
SHARE = st.floats(min_value=0, max_value=1)
COUNT = st.integers(min_value=1, max_value=9)
PARAMETERS = {
    "erm": {},
    "mixup": {
        "alpha": REAL,
        "classes": st.sampled_from(["all", "same"]),
        "partner": st.sampled_from(["random", "nearest"]),
        "targets": st.sampled_from(["mixed", "nearer"]),
        "k": st.integers(min_value=2, max_value=9),
        "warmup_epochs": st.integers(min_value=0, max_value=300),
    },
    "cutmix": {"alpha": REAL, "probability": SHARE},
    "cutout": {"size": st.floats(min_value=1e-3, max_value=1), "holes": COUNT},
    "label_smoothing": {"epsilon": SHARE},
}
MIXERS = ("mixup", "cutmix")


@st.composite
def method_texts(draw: st.DrawFn, name: str) -> str:
    """One method with any of its parameters, in any order and with blanks anywhere between tokens."""
    chosen = draw(st.lists(st.sampled_from(sorted(PARAMETERS[name])), unique=True)) if PARAMETERS[name] else []
    values = {key: draw(PARAMETERS[name][key]) for key in chosen}
    blank = draw(st.sampled_from(["", " "]))
    inside = f",{blank}".join(f"{key}{blank}={blank}{value}" for key, value in values.items())
    return f"{name}{blank}({inside}{blank})" if inside else draw(st.sampled_from([name, f"{name}()"]))


@st.composite
def spec_texts(draw: st.DrawFn) -> str:
    """A sum of methods that combine: at most one mixer, or a draw between the two."""
    others = draw(st.lists(st.sampled_from(["erm", "cutout", "label_smoothing"]), unique=True))
    parts = [draw(method_texts(name)) for name in others]
    mixing = draw(st.sampled_from([(), ("mixup",), ("cutmix",), MIXERS, MIXERS[::-1]]))
    if mixing:
        parts.append("|".join(draw(method_texts(name)) for name in mixing))
    joined = draw(st.permutations(parts)) or ["erm"]
    return draw(st.sampled_from(["+", " + "])).join(joined)


@given(spec_texts())
def test_the_canonical_spec_is_a_fixed_point_that_means_the_same(spec):
    made = composition(spec)
    text = canonical(made)
    again = composition(text)
    assert canonical(again) == text
    assert [canonical(part) for part in again.parts] == [canonical(part) for part in made.parts]
    if "|" not in spec:
        assert again == made


@given(spec_texts(), st.randoms(use_true_random=False))
def test_the_order_of_a_sum_does_not_matter(spec, shuffler: random.Random):
    parts = spec.split("+")
    shuffler.shuffle(parts)
    assert canonical(composition("+".join(parts))) == canonical(composition(spec))


@given(st.sampled_from(["mixup", "cutmix", "cutout", "label_smoothing"]).flatmap(method_texts))
def test_erm_adds_nothing(spec):
    assert composition(f"erm+{spec}") == composition(spec) == composition(f"{spec}+erm")


def refusal(spec: str) -> str:
    with pytest.raises(MixBenchError) as caught:
        composition(spec)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


JUNK = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="mixupcte()=,+|[] .-0189e\n\t", max_size=40),
    st.lists(
        st.sampled_from(["mixup", "cutout", "(", ")", "=", ",", "+", "|", "[", "]", "alpha", "1e999", "-1", "nan", " "])
    ).map("".join),
)


@given(JUNK)
def test_junk_is_understood_or_refused_in_one_line(spec):
    try:
        text = canonical(composition(spec))
    except MixBenchError as error:
        lines = str(error).splitlines()
    else:
        lines = [text]
        assert canonical(composition(text)) == text
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("spec", "position", "needed"),
    [
        ("", 1, "a method's name"),
        ("+mixup", 1, "a method's name"),
        ("mixup++cutout", 7, "a method's name"),
        ("mixup)", 6, "'+', '|' or the end"),
        ("mixup(alpha)", 12, "'=' after 'alpha'"),
        ("mixup(alpha=", 13, "a value"),
        ("mixup(alpha=1", 14, "',' or ')'"),
        ("mixup(alpha=1 cutout", 15, "',' or ')'"),
        ("mixup(alpha=1,)", 15, "a parameter"),
        ("mixup(alpha=[1", 15, "',' or ']'"),
    ],
)
def test_a_malformed_spec_names_what_was_needed_and_where(spec, position, needed):
    message = refusal(spec)
    assert f"at position {position}, got" in message
    assert needed in message


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("cutmx", ["unknown method 'cutmx' at position 1", "Did you mean 'cutmix'?"]),
        ("cutout+mixupp(alpha=2)", ["unknown method 'mixupp' at position 8", "Did you mean 'mixup'?"]),
        ("mixup(alhpa=2)", ["position 7", "alhpa: unknown parameter", "Did you mean 'alpha'?"]),
        ("erm(alpha=1)", ["position 5", "takes no parameters"]),
        ("mixup(alpha=1,alpha=2)", ["position 15", "given twice"]),
        ("mixup(k=3,alpha=0)", ["position 11", "greater than 0 (got 0)"]),
        ("mixup(alpha=-1)", ["position 7", "got -1"]),
        ("mixup(alpha=1e999)", ["finite"]),
        ("mixup(alpha=nan)", ["got 'nan'"]),
        ("mixup(alpha=true)", ["got True"]),
        ("mixup(k=2.5)", ["valid integer", "got 2.5"]),
        ("mixup(k=1)", ["greater than or equal to 2"]),
        ("mixup(classes=some)", ["'all' or 'same'", "got 'some'"]),
        ("cutmix(probability=1.5)", ["less than or equal to 1"]),
        ("cutout(size=0)", ["greater than 0"]),
        ("cutout(holes=0)", ["greater than or equal to 1"]),
        ("label_smoothing(epsilon=[0.1,0.2])", ["valid number"]),
        ("mixup+mixup(alpha=2)", ["'mixup' is given 2 times"]),
        ("mixup|mixup", ["'mixup' is given 2 times"]),
        ("cutout|mixup", ["'cutout'", "draws between mixers", "mixup, cutmix", "use '+'"]),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(spec, parts):
    message = refusal(spec)
    assert [part for part in parts if part not in message] == []


def test_two_partner_choosers_add_up_to_a_refusal_and_join_to_a_draw():
    assert "join them with '|'" in refusal("mixup+cutmix")
    assert "join them with '|'" in refusal("mixup|cutmix+mixup(alpha=2)".replace("+mixup(alpha=2)", "+cutmix"))
    assert canonical(composition("mixup(alpha=8)|cutmix")) == (
        "cutmix(alpha=1.0,probability=1.0)|"
        "mixup(alpha=8.0,classes=all,partner=random,targets=mixed,k=2,warmup_epochs=0)"
    )


def test_the_canonical_spec_prints_every_parameter_in_the_order_of_effect():
    assert canonical(composition("label_smoothing + cutmix + cutout(holes=2)")) == (
        "cutout(size=0.5,holes=2)+cutmix(alpha=1.0,probability=1.0)+label_smoothing(epsilon=0.1)"
    )


def test_a_name_that_ends_like_an_exponent_is_a_name():
    names = [[method.name for method in choice] for choice in parse("dense+scale+1e5e+2x|e+3")]
    assert names == [["dense"], ["scale"], ["1e5e"], ["2x", "e"], ["3"]]
    (((method),),) = parse("crop(rate=1e+2,scale=e)")
    assert method.params == {"rate": 100.0, "scale": "e"}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(SCALARS | st.lists(SCALARS, min_size=1, max_size=4).map(tuple))
def test_a_value_that_was_written_is_read_back(value):
    text = f"method(value={write(value)})"
    if len(text) <= MAX_LENGTH:
        (((method),),) = parse(text)
        assert method.params == {"value": value}
        assert repr(method.params["value"]) == repr(value)


def test_length_is_limited():
    assert f"at most {MAX_LENGTH} characters, got {MAX_LENGTH + 1}" in refusal("m" * (MAX_LENGTH + 1))
    refusal("mixup(alpha=" + "[" * (MAX_LENGTH - 12))


def test_one_method_comes_as_itself_and_every_method_is_tried_here():
    assert augmentation("mixup(alpha=8)") == BY_NAME["mixup"](alpha=8.0)
    assert set(PARAMETERS) <= set(BY_NAME)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_methods_bare_name_is_its_defaults(name):
    assert composition(name).parts == (BY_NAME[name](),)
