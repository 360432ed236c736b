"""Writes model.onnx and tokens.txt: a SenseVoice of a few kilobytes that hears tones instead of words.

A tone of 400 Hz is "one", 1000 Hz is "two", 2500 Hz is "three"; with inverse text normalisation a stop ends the text.
The language is the one asked for; when it is left to the model, English, or Korean once a "three" was heard.
Inputs, outputs and metadata are those that sherpa-onnx demands of a SenseVoice.

Run it in a throw-away environment: pip install onnx numpy; python make.py
"""

import math
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent
TOKENS = [
    "<blk>", "▁one", "▁two", "▁three", ".",
    "<|zh|>", "<|en|>", "<|ja|>", "<|ko|>", "<|yue|>", "<|NEUTRAL|>", "<|Speech|>", "<|withitn|>", "<|woitn|>",
]  # fmt: skip
TONES_HZ = {"▁one": 400, "▁two": 1000, "▁three": 2500}
LANGUAGES = {"auto": 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12}
WITH_ITN, WITHOUT_ITN = 14, 15
MEL_BINS, WINDOW, SHIFT = 80, 7, 6
FEATURES = MEL_BINS * WINDOW
# Logarithm of the energy in a band above which it counts as a tone.
THRESHOLD = 20.0
SURE = 100.0


def id_of(token: str) -> int:
    return TOKENS.index(token)


def mel(hz: float) -> float:
    return 1127 * math.log(1 + hz / 700)


def bins_of(hz: float) -> list[int]:
    low, high = mel(20), mel(8000)
    nearest = round((mel(hz) - low) / ((high - low) / (MEL_BINS + 1)) - 1)
    return [nearest - 1, nearest, nearest + 1]


weights = np.zeros((MEL_BINS, len(TOKENS)), np.float32)
bias = np.full(len(TOKENS), -SURE, np.float32)
bias[id_of("<blk>")] = 0
for token, hz in TONES_HZ.items():
    bias[id_of(token)] = -THRESHOLD
    for mel_bin in bins_of(hz):
        weights[mel_bin, id_of(token)] = 1 / 3

# Row n: what the language with the number n answers first.
by_language = np.full((max(LANGUAGES.values()) + 1, len(TOKENS)), -SURE, np.float32)
for name, number in LANGUAGES.items():
    if name != "auto":
        by_language[number, id_of(f"<|{name}|>")] = SURE
# Left to the model: the loudest tones decide between English and Korean.
detected = np.zeros((len(TOKENS), len(TOKENS)), np.float32)
detected[id_of("▁three"), id_of("<|ko|>")] = 1
english = np.full(len(TOKENS), -SURE, np.float32)
english[id_of("<|en|>")] = 0.5
english[id_of("<|ko|>")] = 0

fixed = np.full((1, 2, len(TOKENS)), -SURE, np.float32)
fixed[0, 0, id_of("<|NEUTRAL|>")] = SURE
fixed[0, 1, id_of("<|Speech|>")] = SURE

by_norm = np.full((WITHOUT_ITN + 1, len(TOKENS)), -SURE, np.float32)
by_norm[WITH_ITN, id_of("<|withitn|>")] = SURE
by_norm[WITHOUT_ITN, id_of("<|woitn|>")] = SURE
last = np.full((WITHOUT_ITN + 1, len(TOKENS)), -SURE, np.float32)
last[WITH_ITN, id_of(".")] = SURE
last[WITHOUT_ITN, id_of("<blk>")] = SURE

CONSTANTS = {
    "weights": weights, "bias": bias, "by_language": by_language, "detected": detected, "english": english,
    "fixed": fixed, "by_norm": by_norm, "last": last, "auto": np.array(0, np.int32),
    "axis_1": np.array([1], np.int64), "start": np.array([0], np.int64), "end": np.array([-1], np.int64),
    "axis_2": np.array([2], np.int64), "middle": np.array([WINDOW // 2 * MEL_BINS], np.int64),
    "after_middle": np.array([(WINDOW // 2 + 1) * MEL_BINS], np.int64),
}  # fmt: skip

NODES = [
    # The frame in the middle of the seven that are stacked.
    helper.make_node("Slice", ["x", "middle", "after_middle", "axis_2"], ["frame"]),
    helper.make_node("MatMul", ["frame", "weights"], ["scores"]),
    helper.make_node("Add", ["scores", "bias"], ["heard"]),
    helper.make_node("ReduceMax", ["heard"], ["loudest"], axes=[1], keepdims=1),
    helper.make_node("MatMul", ["loudest", "detected"], ["votes"]),
    helper.make_node("Add", ["votes", "english"], ["detected_language"]),
    helper.make_node("Gather", ["by_language", "language"], ["given_row"], axis=0),
    helper.make_node("Unsqueeze", ["given_row", "axis_1"], ["given_language"]),
    helper.make_node("Equal", ["language", "auto"], ["is_auto_flat"]),
    helper.make_node("Unsqueeze", ["is_auto_flat", "axis_1"], ["is_auto_2"]),
    helper.make_node("Unsqueeze", ["is_auto_2", "axis_1"], ["is_auto"]),
    helper.make_node("Where", ["is_auto", "detected_language", "given_language"], ["language_frame"]),
    helper.make_node("Gather", ["by_norm", "text_norm"], ["norm_row"], axis=0),
    helper.make_node("Unsqueeze", ["norm_row", "axis_1"], ["norm_frame"]),
    helper.make_node("Gather", ["last", "text_norm"], ["last_row"], axis=0),
    helper.make_node("Unsqueeze", ["last_row", "axis_1"], ["last_frame"]),
    helper.make_node("Slice", ["heard", "start", "end", "axis_1"], ["body"]),
    helper.make_node(
        "Concat", ["language_frame", "fixed", "norm_frame", "body", "last_frame"], ["logits"], axis=1
    ),
]

graph = helper.make_graph(
    NODES,
    "tiny-sense-voice",
    [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "T", FEATURES]),
        helper.make_tensor_value_info("x_length", TensorProto.INT32, ["N"]),
        helper.make_tensor_value_info("language", TensorProto.INT32, ["N"]),
        helper.make_tensor_value_info("text_norm", TensorProto.INT32, ["N"]),
    ],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", "L", len(TOKENS)])],
    [numpy_helper.from_array(value, name) for name, value in CONSTANTS.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
METADATA = {
    "model_type": "sense_voice_ctc", "comment": "tones", "vocab_size": len(TOKENS), "normalize_samples": 0,
    "lfr_window_size": WINDOW, "lfr_window_shift": SHIFT, "with_itn": WITH_ITN, "without_itn": WITHOUT_ITN,
    "neg_mean": ",".join(["0"] * FEATURES), "inv_stddev": ",".join(["1"] * FEATURES),
    **{f"lang_{name}": number for name, number in LANGUAGES.items()},
}  # fmt: skip
helper.set_model_props(model, {name: str(value) for name, value in METADATA.items()})
onnx.checker.check_model(model)
onnx.save(model, FOLDER / "model.onnx")
lines = "".join(f"{token} {number}\n" for number, token in enumerate(TOKENS))
(FOLDER / "tokens.txt").write_text(lines, encoding="utf-8")
