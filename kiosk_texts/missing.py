"""What is said where a venue's language has no texts."""

from kiosk_texts.language import Language
from kiosk_texts.translating import tr


def missing_texts_words(language: Language) -> str:
    """Return why the texts are English, in English; empty where there are texts of the language."""
    if language.has_texts:
        return ""
    if not language.is_known:
        return tr("There is no locale {locale}: all is in English.", locale=language.tag)
    return tr(
        "There are no texts in the language of {locale}: they are in English.",
        locale=language.tag,
    )
