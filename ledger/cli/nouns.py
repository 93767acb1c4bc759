"""The nouns and verbs of all kinds of event; written by `make index`."""

NOUNS = {
    "body": "register rename oversee redraw merge",
    "concern": "announce issue reaffirm close supersede rescind",
    "recommendation": "close",
    "entry": "correct retract corroborate withhold contradict",
    "document": "register revise seek",
    "finding": "record close",
    "inspection": "publish",
    "judgement": "give carry-forward",
    "tally": "give",
    "monitoring": "decide-move engage continue add-concern return",
    "plan": "announce revoke fulfil",
    "policy": "set",
    "response": "publish",
    "review": "schedule hold cancel",
    "statement": "make",
    "statistic": "report",
}
