"""How French writes what a template leaves open: numbers, dates, articles and spaces."""

import re

NARROW_SPACE = "\u202f"  # no-break: between thousands and before % and ; in French
_DATE_WORDS = (
    "Jan=janv. Feb=févr. Mar=mars Apr=avr. May=mai Jun=juin Jul=juil. Aug=août Sep=sept. "
    "Oct=oct. Nov=nov. Dec=déc. January=janvier February=février March=mars April=avril "
    "June=juin July=juillet August=août September=septembre October=octobre November=novembre "
    "December=décembre Mon=lun. Tue=mar. Wed=mer. Thu=jeu. Fri=ven. Sat=sam. Sun=dim. "
    "Monday=lundi Tuesday=mardi Wednesday=mercredi Thursday=jeudi Friday=vendredi "
    "Saturday=samedi Sunday=dimanche"
)
_FRENCH_DATES = dict(pair.split("=") for pair in _DATE_WORDS.split())
DATE_WORD = re.compile(rf"\b({'|'.join(sorted(_FRENCH_DATES, key=len, reverse=True))})\b")
_ARTICLES = {  # by the first word of a French text, for {value:le}, {value:de} and {value:à}
    **dict.fromkeys(("réseau", "parc", "travail", "quota", "dessalement", "stock"), "le "),
    **dict.fromkeys(("refroidissement", "jeu", "plan", "site"), "le "),
    **dict.fromkeys(("centrale", "batterie", "charge"), "la "),
    **dict.fromkeys(("groupes", "tâches", "services"), "les "),
    **dict.fromkeys(("entraînement", "installation", "Art."), "l'"),
}
_CONTRACTED = {
    "le": {"le ": "le ", "la ": "la ", "les ": "les ", "l'": "l'", "": ""},
    "de": {"le ": "du ", "la ": "de la ", "les ": "des ", "l'": "de l'", "": "de "},
    "à": {"le ": "au ", "la ": "à la ", "les ": "aux ", "l'": "à l'", "": "à "},
}


def number(text: str) -> str:
    """Return an English number with spaces between thousands and a decimal comma."""
    spaced_out = text.replace(",", NARROW_SPACE).replace(".", ",")
    return spaced_out.replace("%", f"{NARROW_SPACE}%")


def date(text: str) -> str:
    """Return an English date with French names of months and days."""
    return DATE_WORD.sub(lambda found: _FRENCH_DATES[found.group()], text)


def spaced(text: str) -> str:
    """Return French with no-break spaces where print has them: before : ; ? ! % and in « »."""
    set_close = re.sub(" (?=[;?!%])", NARROW_SPACE, re.sub("(?<! ); ", " ; ", text))
    return set_close.replace(" :", "\u00a0:").replace("« ", "«\u00a0").replace(" »", "\u00a0»")


def after(article: str, words: str) -> str:
    """Return French words after an article or a contraction: "de" and "réseau" is "du réseau"."""
    if not article:
        return words
    gender = _ARTICLES.get(words.partition(" ")[0], "")
    return _CONTRACTED[article][gender] + words
