"""How units are written where a name can't: ``used_mwh`` is in MWh; other units as in names."""

UNIT_TEXT = {"mw": "MW", "mwh": "MWh", "mwh_h": "MWh h", "l": "L", "pu": ""}
