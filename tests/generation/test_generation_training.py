"""Training of networks that write, their windows, and their files."""

import pickle
import signal

import numpy as np
import pytest

import throughtime as tt
from throughtime.generation import END, EncoderDecoder, LanguageModel, OneToMany, Vocabulary, load, train
from throughtime.generation.windows import Windows
from throughtime.support.memory import TooLarge
from throughtime.weights.files import FORMAT, save_tensors

ABC = Vocabulary("abc")


def test_a_step_of_gradient_descent_follows_the_mean_gradient():
    model = EncoderDecoder(ABC, ABC, hidden=3)
    data = ["a", "bc", "cab"], ["aa", "b", "cb"]
    after, history = train(model, data, steps=1, batch=3, optimizer=tt.GradientDescent(0.1))
    loss, gradient = model.gradient(*data)
    np.testing.assert_allclose(after.parameters, model.parameters - 0.1 * gradient / 3, rtol=1e-12)
    assert history.last.loss == pytest.approx(loss / 3)
    assert history.last.gradient_norm == pytest.approx(np.linalg.norm(gradient / 3))


@pytest.mark.long
def test_it_learns_to_write_backwards():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abc"), size=rng.integers(1, 5))) for _ in range(400)]
    model, _ = train(
        EncoderDecoder(ABC, ABC, hidden=32, seed=1), (texts, [text[::-1] for text in texts]),
        steps=400, batch=32, optimizer=tt.Adam(0.01),
    )  # fmt: skip
    assert model.write(["abca", "cb", "b"]) == ["acba", "bc", "b"]
    assert model.write(["abca", "cb", "b"], beam=3) == ["acba", "bc", "b"]


def test_many_threads_and_pieces_change_nothing():
    """Batches of more than one piece for the threads: the gradient is that of the whole."""
    model = OneToMany(2, ABC, hidden=3)
    x = np.random.default_rng(0).standard_normal((40, 2))
    texts = ["abc"[: 1 + row % 3] for row in range(40)]
    after, _ = train(model, (x, texts), steps=1, batch=40, optimizer=tt.GradientDescent(0.1))
    _, gradient = model.gradient(x, texts)
    np.testing.assert_allclose(after.parameters, model.parameters - 0.1 * gradient / 40, rtol=1e-12)
    again, _ = train(model, (x, texts), steps=1, batch=40, optimizer=tt.GradientDescent(0.1))
    np.testing.assert_array_equal(after.parameters, again.parameters)


def test_windows_carry_the_state_on():
    """With a learning rate of 0 the losses of the windows add up to that of the two rows read as a whole."""
    model, text = LanguageModel(ABC, hidden=4, cell="lstm"), "abcabbcaccbbabcb"
    _, history = train(model, text, steps=6, batch=2, window=4, optimizer=tt.GradientDescent(0.0))
    symbols = np.pad(ABC.encode([text])[0], [(0, 0), (0, 1)], constant_values=END)
    whole = 12 * model.bits(text[:12]) * np.log(2)  # three windows; the other row has one, and one of END alone
    loss, *_ = model.differentiate(symbols[:, 11:16], symbols[:, 12:], None, model.decoder.initial_state(1))
    assert history["loss"][:3] @ [2, 2, 1] == pytest.approx(whole + loss)
    np.testing.assert_array_equal(history["loss"][:3], history["loss"][3:])  # the next time round, from 0 again


def test_texts_that_share_a_row_know_nothing_of_each_other():
    """An epoch's loss is −ln p of its texts, whatever came before them in their rows and however long they are."""
    texts = ["abcabca", "", "b", "ccb", "acbacbacb", "ab"]
    for cell, window in (("lstm", 4), ("gru", 20), ("elman", 1)):
        model = LanguageModel(ABC, hidden=4, cell=cell)
        windows = Windows.of(ABC, texts, window)
        seen = []

        def note(model, record, seen=seen):
            seen.append(record.loss)

        steps = windows.steps(1)
        train(model, texts, steps=steps, batch=1, window=window, optimizer=tt.GradientDescent(0.0), callbacks=[note])
        assert sum(seen) == pytest.approx(-model.log_probability([""] * 6, texts).sum())


@pytest.mark.parametrize(("batch", "window"), [(1, 3), (2, 3), (3, 2), (4, 100), (6, 1)])
def test_every_window_is_read_once_in_each_epoch(batch, window):
    texts = ["abcabca", "", "b", "ccb", "acbacbacb", "ab"]
    windows = Windows.of(ABC, texts, window)
    wanted = sorted(symbol for text in texts for symbol in [*ABC.encode([text])[0][0].tolist(), END])
    for rng in (None, np.random.default_rng(0)):
        steps = list(windows.epoch(batch, rng))
        assert len(steps) == windows.steps(batch)
        rows = [row[:n] for step in steps for row, n in zip(step.written, step.lengths, strict=True)]
        assert sorted(np.concatenate(rows).tolist()) == wanted
        for row in range(batch):  # in a row, what is read is what was written just before
            mine = [(step.written[row], step.read[row], step.lengths[row]) for step in steps if row < len(step.read)]
            written = np.concatenate([w[:n] for w, _, n in mine])
            given = np.concatenate([r[:n] for _, r, n in mine])
            assert (given[1:] == written[:-1]).all()


def test_a_model_in_a_file_is_the_same(tmp_path):
    rng = np.random.default_rng(0)
    for model, source in [
        (LanguageModel(ABC, cell="gru", layers=2, hidden=3, dtype="float32"), ["ab"]),
        (OneToMany(4, ABC, hidden=3), rng.standard_normal((1, 4))),
        (EncoderDecoder(Vocabulary("xyz"), ABC, bidirectional=False, hidden=3), ["zyx"]),
    ]:
        model.save(tmp_path / "model.safetensors")
        other = load(tmp_path / "model.safetensors")
        assert type(other) is type(model)
        assert repr(other) == repr(model)
        np.testing.assert_array_equal(other.parameters, model.parameters)
        assert other.sample(source, longest=20) == model.sample(source, longest=20)


def test_a_pickled_model_is_still_one_vector():
    """Views that were pickled one by one would not change with it."""
    for model in (LanguageModel(ABC, hidden=3), EncoderDecoder(ABC, ABC, hidden=3), OneToMany(2, ABC, hidden=3)):
        other = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(other.parameters, model.parameters)
        other.parameters[:] = 0
        assert not any(view.any() for view in other.views.values())
        assert not other.decoder.parameters.any()
        assert model.parameters.any()


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    tt.Network(inputs=1, hidden=2, outputs=1).save(path)
    with pytest.raises(ValueError, match="holds no throughtime generator"):
        load(path)
    LanguageModel(ABC, hidden=2).save(path)
    with pytest.raises(ValueError, match="holds no throughtime network"):
        tt.load(path)


def test_settings_that_do_not_fit_are_refused():
    model = OneToMany(2, ABC, hidden=2)
    for data, settings, message in [
        ("abc", {}, "texts alone are for a language model"),
        ((np.zeros((1, 2)), ["a"]), {"window": 3}, "a window is for texts without sources"),
        ((np.zeros((2, 2)), ["a"]), {}, "as many sources as texts, and at least one: got 2 and 1"),
        ((np.full((1, 2), np.nan), ["a"]), {"batch": 1}, "the source holds numbers that are not finite"),
        ((np.zeros((1, 2)), ["a"]), {"noise": 0.1}, "trained without noise"),
    ]:
        with pytest.raises(ValueError, match=message):
            train(model, data, **settings)
    with pytest.raises(ValueError, match="the texts have 4 symbols in 4 windows, too few for a batch of 64"):
        train(LanguageModel(ABC), "abc")


def test_what_overflows_is_told():
    with pytest.raises(ArithmeticError, match="not finite: lower the learning rate"):
        train(LanguageModel(ABC, hidden=2), ([""], ["ab"]), steps=9, batch=1, optimizer=tt.GradientDescent(1e300))


def test_sizes_that_a_file_declares_take_no_memory(tmp_path):
    """Each size in turn larger than the arrays of the file are."""
    model = OneToMany(2, ABC, hidden=3)
    for name, value in [
        ("hidden", 6000), ("layers", 10**9), ("embedding", 10**12), ("features", 10**6), ("hidden", 2.5),
        ("layers", True), ("vocabulary", "".join(map(chr, range(1000, 40_000)))), ("vocabulary", ["a"]),
        ("cell", ["gru"]), ("hidden", None),
    ]:  # fmt: skip
        fields = {"kind": model.kind, **model.fields, name: value}
        save_tensors(
            tmp_path / "m.safetensors", model.views, {"holds": "generator", "format": FORMAT, "generator": fields}
        )
        with pytest.raises(ValueError, match="describes no network that writes"):
            load(tmp_path / "m.safetensors")


def test_what_would_take_more_memory_than_there_is_is_refused():
    with pytest.raises(TooLarge, match=r"a network of [0-9,]+ parameters needs"):
        LanguageModel(ABC, hidden=10**6)
    model = LanguageModel(ABC, hidden=2)
    with pytest.raises(TooLarge, match="writing 1,000,000,000,000 symbols"):
        model.write([""], longest=10**12)
    with pytest.raises(TooLarge, match="1,000,000,000,000 beams"):
        model.write([""], beam=10**12)
    with pytest.raises(TooLarge, match="writing"):
        model.sample([""], longest=10**12)


def test_numbers_of_numpy_are_numbers(tmp_path):
    model = OneToMany(np.int64(2), ABC, hidden=np.int32(3), layers=np.int8(1), embedding=np.uint8(4), seed=np.int64(1))
    plain = OneToMany(2, ABC, hidden=3, layers=1, embedding=4, seed=1)
    np.testing.assert_array_equal(model.parameters, plain.parameters)
    model.save(tmp_path / "m.safetensors")
    assert repr(load(tmp_path / "m.safetensors")) == repr(plain)
    x = np.zeros((1, 2))
    assert model.write(x, beam=np.int64(2), longest=np.int64(4)) == plain.write(x, beam=2, longest=4)
    assert model.sample(x, temperature=np.float32(0.5), seed=np.int64(3)) == plain.sample(x, temperature=0.5, seed=3)
    for call, message in [
        (lambda: model.write(x, beam=0), "beam must be a whole number of at least 1"),
        (lambda: model.sample(x, temperature=np.nan), "temperature must be a number"),
        (lambda: OneToMany(2, ABC, hidden=2.5), "hidden must be a whole number"),
        (lambda: EncoderDecoder(ABC, ABC, bidirectional=1), "bidirectional must be true or false"),
        (lambda: Vocabulary(5), "symbols must be a string"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_ctrl_c_ends_it_behind_the_step_that_it_came_upon():
    taken = []

    def press(model, record):
        taken.append(record.step)
        if record.step == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(LanguageModel(ABC, hidden=2), ([""], ["abc"]), steps=10**6, callbacks=[press])
    assert taken == [1, 2, 3]
