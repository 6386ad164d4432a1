"""Reads signs, words, numbers and strings off a text, and says where and why it could not."""

from __future__ import annotations

import re

from service.feel.names import IDENTIFIER
from service.feel.source import FeelSyntaxError, Place, Source

_BLANK = re.compile(
    r"(?:\s|[\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]|//[^\n]*(?:\n|$)|/\*.*?\*/)*", re.S
)
_NUMBER = re.compile(r"(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.A)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{6}|\\.", re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
KEYWORDS = frozenset(
    {"and", "or", "not", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between"}
    | {"instance", "of", "function", "external", "true", "false", "null"}
)
# a sign is not read where a longer one begins
_LONGER = {".": "..", "*": "**", "<": "<=", ">": ">="}

# DMN 1.5 §10.3.1.2, grammar rules 25 to 29
_NOT_IN_NAME = re.compile(r"[^\w\s?.+\-*/'’\u00b7\U00010000-\U000EFFFF]")

MAX_TEXT = 100_000
MAX_NAME = 300

_HINTS = (
    ("==", "相等用一个等号 =", "write = for equality"),
    ("&&", "“并且”写作 and", "write and"),
    ("||", "“或者”写作 or", "write or"),
    ("=<", "小于等于写作 <=", "write <="),
    ("=>", "大于等于写作 >=", "write >="),
    ("<>", "不等于写作 !=", "write !="),
    ("!", "“非”写作 not(…)，不等于写作 !=", "write not(…), or != for unequal"),
    ("'", '字符串用双引号 "…"', 'write strings in double quotes "…"'),
    ("“", '请用英文双引号 "…"', 'use straight double quotes "…"'),
    ("”", '请用英文双引号 "…"', 'use straight double quotes "…"'),
    ("（", "请用英文括号 ( )", "use ASCII parentheses ( )"),
    ("）", "请用英文括号 ( )", "use ASCII parentheses ( )"),
    ("，", "请用英文逗号 ,", "use an ASCII comma"),
    ("；", "请用英文标点", "use ASCII punctuation"),
    ("：", "请用英文冒号 :", "use an ASCII colon"),
    ("＝", "请用英文等号 =", "use an ASCII equals sign"),
    ("＞", "请用英文大于号 >", "use an ASCII >"),
    ("＜", "请用英文小于号 <", "use an ASCII <"),
    ("≥", "大于等于写作 >=", "write >="),
    ("≤", "小于等于写作 <=", "write <="),
    ("≠", "不等于写作 !=", "write !="),
    ("%", "百分比写成小数，例如 60% 写作 0.6", "write a percentage as a decimal, 60% as 0.6"),
    ("/*", "注释缺少结尾的 */", "the comment lacks its closing */"),
    (";", "表达式里没有分号", "an expression has no semicolon"),
    ("$", "不写 ${…}，直接写表达式", "write the expression itself, without ${…}"),
    ('"', "字符串缺少结尾的双引号", "the string lacks its closing double quote"),
)


def unescape(text: str) -> str:
    """The content of a string literal with its escapes resolved; surrogate pairs become one character."""
    if "\\" not in text:
        return text

    def resolve(match: re.Match[str]) -> str:
        found = match[0]
        if found[1] in "uU" and len(found) > 2:
            code = int(found[2:], 16)
            return chr(code) if code < 0x110000 else found
        return _ESCAPES.get(found[1], found)

    text = _ESCAPE.sub(resolve, text)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Scanner:
    """A text and a position in it; blanks and comments after what was read are skipped."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        if len(self.text) > MAX_TEXT:
            raise self.error("表达式过长", "the expression is too long")
        self.skip()

    def skip(self) -> None:
        """Go to the next sign that is neither blank nor comment."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    def next(self) -> str:
        """The sign that stands here, left unread; "" at the end."""
        return self.text[self.at : self.at + 1]

    def place(self) -> Place:
        """Where we stand."""
        return Place(self.source, self.at)

    def error(self, zh: str, en: str, at: int | None = None) -> FeelSyntaxError:
        """The error of this place, with a hint where the sign there is a usual mistake."""
        place = Place(self.source, self.at if at is None else at)
        rest = self.text[place.at : place.at + 12]
        before = self.text[max(place.at - 1, 0) : place.at + 1]
        for sign, hint_zh, hint_en in _HINTS:
            if rest.startswith(sign) or (len(sign) == 2 and before == sign):
                return FeelSyntaxError(place.line, place.column, f"{zh}。提示：{hint_zh}。", f"{en}. Hint: {hint_en}.")
        return FeelSyntaxError(place.line, place.column, f"{zh}。", f"{en}.")

    def unexpected(self) -> FeelSyntaxError:
        """The error of a text that goes on in a way it cannot."""
        if self.ended:
            return self.error("表达式没有写完", "the expression is not complete")
        word = self.word()
        rest = word if word is not None else self.text[self.at : self.at + 1]
        if word is not None and word not in KEYWORDS:
            zh = f"这里不能是“{rest}”。提示：含空格的名称须先定义；否则两个值之间缺少运算符"
            en = f"“{rest}” cannot stand here. Hint: a name with blanks must be known, or an operator is missing"
            return self.error(zh, en)
        return self.error(f"这里不能是“{rest}”", f"“{rest}” cannot stand here")

    def sees(self, sign: str) -> bool:
        """Whether the text goes on with this sign and not with a longer one that begins like it."""
        if not self.text.startswith(sign, self.at):
            return False
        longer = _LONGER.get(sign)
        return longer is None or not self.text.startswith(longer, self.at)

    def take(self, *signs: str) -> str | None:
        """Read one of these signs, if it stands here."""
        if not self.text.startswith(signs, self.at):
            return None
        for sign in signs:
            if self.sees(sign):
                self.at += len(sign)
                self.skip()
                return sign
        return None

    def need(self, sign: str) -> None:
        """Read this sign; its absence is an error."""
        if not self.take(sign):
            zh, en = f"这里应为“{sign}”", f"expected “{sign}” here"
            raise self.error(zh, en)

    def word(self) -> str | None:
        """The identifier or keyword that stands here, left unread."""
        found = IDENTIFIER.match(self.text, self.at)
        return found[0] if found else None

    def take_word(self, *words: str) -> str | None:
        """Read one of these keywords, if it stands here."""
        word = self.word()
        if word in words:
            self.at += len(word or "")
            self.skip()
            return word
        return None

    def need_word(self, word: str) -> None:
        """Read this keyword; its absence is an error."""
        if not self.take_word(word):
            raise self.error(f"这里应为“{word}”", f"expected “{word}” here")

    def take_string(self) -> str | None:
        """Read a string literal, if one stands here."""
        found = _STRING.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        self.skip()
        return unescape(found[1])

    def take_number(self) -> str | None:
        """Read the digits of a number, if they stand here."""
        found = _NUMBER.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        self.skip()
        return found[0]

    def declared_name(self, stop: re.Pattern[str]) -> str:
        """Read a name being declared: everything up to what the pattern says, blanks made single."""
        if not IDENTIFIER.match(self.text, self.at):
            raise self.error("这里应为名称", "expected a name here")
        found = stop.search(self.text, self.at, self.at + MAX_NAME)
        if not found or found.start() == self.at:
            raise self.error("这里应为名称", "expected a name here")
        wrong = _NOT_IN_NAME.search(self.text, self.at, found.start())
        if wrong:
            raise self.error(f"名称里不能有“{wrong[0]}”", f"“{wrong[0]}” cannot stand in a name", wrong.start())
        name = re.sub(r"\s+", " ", self.text[self.at : found.start()]).strip()
        self.at = found.start()
        self.skip()
        return name
