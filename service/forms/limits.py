"""Every bound the forms room keeps, in one place, so that each can be read, argued about and tested."""

from __future__ import annotations

from decimal import Decimal

# of a file
FILE_BYTES = 1_000_000
COMPONENTS = 2_000
DEPTH = 12
NESTED_LISTS = 3
FORMULA_CHARACTERS = 4_000
PATTERN_CHARACTERS = 200
SCHEMA_VERSION = 19  # form-js 1.23 and 2.0

# of a submission
PAIRS = 20_000
NAME_CHARACTERS = 300
ROW_NUMBER = 9_999  # the highest row a control's name may carry; rows are counted after renumbering
ROWS = 500  # of one list, where the form has no `max-items`
FIELD_CHARACTERS = 500  # of a text field, where the form has no maxLength
AREA_CHARACTERS = 20_000  # of a text area, where the form has no maxLength
NUMBER_CHARACTERS = 40  # as typed
MONEY_WAN = Decimal("9999999999.99")  # 万元, decimal(12,2)
MONEY_YUAN = Decimal("999999999999.99")  # 元
DIGITS = 15  # significant digits: what every JSON reader keeps exactly
CHOICES = 1_000  # options of one field, and choices of one list
FILES = 50  # of one file field

# of the work spent on one request
ROUNDS = 10  # of computed fields feeding one another
STEPS = 500_000  # of FEEL, for one submission or one page: about a second
