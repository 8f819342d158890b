"""Raw mails to training data: what a reader sees of each mail, its split, and the tokenizer."""

import csv
import email
import hashlib
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

COLUMNS = ["id", "group", "text"]
LABELS = ["ham", "spam"]
MAX_CHARACTERS = 4000
SPLIT_UPPER_BOUNDS = {"train": 0.7, "validation": 0.85, "test": 1.0}

Sample = dict[str, Any]

LIST_TAG = re.compile(r"\[[^\]]{1,30}\]\s*")
LIST_FOOTER = re.compile(
    r"^(?:_{20,}\n.*mailing list|-{20,}\nThis sf\.net email is sponsored|-+ Yahoo! Groups Sponsor|"
    r"To unsubscribe(?: from this group)?,).*",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
INVISIBLE = re.compile(r"<!--.*?-->|<(style|script)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")


def preprocess(input_dir: Path, output_dir: Path, parameters: dict[str, Any]) -> None:
    """`parameters`: `vocabulary` (entries of the tokenizer) and `length` (tokens the model reads)."""
    vocabulary = parameters.get("vocabulary", 10_000)
    length = parameters.get("length", 128)

    splits = split(unique_samples(input_dir / "mails.csv"))
    for name, samples in splits.items():
        with (output_dir / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)

    tokenizer = train_tokenizer((sample["input"]["text"] for sample in splits["train"]), vocabulary)
    preprocessing = output_dir / "preprocessing"
    preprocessing.mkdir()
    tokenizer.save(str(preprocessing / "tokenizer.json"))
    tokens = {
        "kind": "text",
        "field": "text",
        "tokenizer": "tokenizer.json",
        "length": length,
        "pad": "right",
        "padId": 0,
        "truncate": "right",
    }
    document = {"schemaVersion": 1, "inputs": {"tokens": tokens}, "labels": LABELS}
    (preprocessing / "preprocessing.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def unique_samples(file: Path) -> dict[str, dict[str, Sample]]:
    """By group, then by fingerprint of the text: a mail and its copies are one sample, in one split."""
    groups: dict[str, dict[str, Sample]] = defaultdict(dict)
    seen: set[str] = set()
    for name, group, raw in read_mails(file):
        text = visible_text(raw)
        fingerprint = hashlib.sha256(re.sub(r"[\W\d_]+", "", text.lower()).encode()).hexdigest()
        if text and fingerprint not in seen:
            seen.add(fingerprint)
            label = int(group.startswith("spam"))
            groups[group][fingerprint] = {"id": name, "input": {"text": text}, "label": label}
    return groups


def split(groups: dict[str, dict[str, Sample]]) -> dict[str, list[Sample]]:
    """The same shares of every group, in the order of the fingerprints: as good as random, and stable."""
    splits: dict[str, list[Sample]] = {name: [] for name in SPLIT_UPPER_BOUNDS}
    for samples in groups.values():
        for rank, fingerprint in enumerate(sorted(samples)):
            share = rank / len(samples)
            name = next(name for name, upper in SPLIT_UPPER_BOUNDS.items() if share < upper)
            splits[name].append(samples[fingerprint])
    return splits


def read_mails(file: Path) -> Iterator[tuple[str, str, str]]:
    """Id, group and text of every mail; raises ValueError with the line of what is malformed."""
    csv.field_size_limit(10_000_000)
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        line = 1
        try:
            for row in reader:
                if line == 1 and row != COLUMNS:
                    raise ValueError(f"expected the columns {','.join(COLUMNS)}, got {','.join(row)[:80]}")
                if len(row) != len(COLUMNS):
                    raise ValueError(f"expected {len(COLUMNS)} columns, got {len(row)}")
                if line > 1 and not row[1].startswith(("spam", "easy-ham", "hard-ham")):
                    raise ValueError(f'unknown group "{row[1][:40]}"')
                if line > 1:
                    yield row[0], row[1], row[2]
                line = reader.line_num + 1
        except (csv.Error, ValueError) as error:
            raise ValueError(f"{file.name} line {line}: {error}") from error


def visible_text(raw: str) -> str:
    """Subject and body: no other header, no markup, no footer or subject tag of a mailing list."""
    mail = email.message_from_string(raw)
    body = LIST_FOOTER.sub("", "\n".join(body_parts(mail)))
    text = f"{LIST_TAG.sub('', subject(mail))}\n{body}"
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)[:MAX_CHARACTERS]


def subject(mail: Message) -> str:
    raw = str(mail.get("Subject", ""))
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, UnicodeError):
        return raw


def body_parts(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        if part.get_content_maintype() != "text":
            continue
        text = decode_payload(part)
        if part.get_content_subtype() == "html" or "<html" in text[:1000].lower():
            text = html.unescape(TAG.sub(" ", INVISIBLE.sub(" ", text)))
        yield text


def decode_payload(part: Message) -> str:
    """The corpus is text already; only what travels encoded is bytes of the declared charset."""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() not in ("base64", "quoted-printable"):
        return str(part.get_payload())
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return payload.decode("latin-1")


def train_tokenizer(texts: Iterator[str], vocabulary: int) -> Tokenizer:
    """Byte-level BPE of the training split, lower case; what is not ASCII becomes one sign."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(r"[^\n -~]+"), " ¤ "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=["[PAD]", "[UNK]"], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
