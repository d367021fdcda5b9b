"""What stands on a PDF page beside its text: the values of form fields, and remarks."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

_MAX_ANNOTATIONS = 5_000
_REMARKS = ("FPDF_ANNOT_TEXT", "FPDF_ANNOT_FREETEXT", "FPDF_ANNOT_HIGHLIGHT", "FPDF_ANNOT_STAMP")


def remarks(page: Any, form: Any) -> list[str]:
    """A block of lines with the values of fields, `name: value`, and one with the remarks.

    Args:
        page: a page of pypdfium2.
        form: the form environment of its document; None if it has no form.
    """
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    values: list[str] = []
    notes: list[str] = []
    kinds = {getattr(pdfium, name) for name in _REMARKS}
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind == pdfium.FPDF_ANNOT_WIDGET and form is not None:
                values += _field(form, annotation)
            elif kind in kinds:
                notes += filter(None, [_string(annotation, b"Contents")])
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return ["\n".join(lines) for lines in (values, [f"Remark: {note}" for note in notes]) if lines]


def _field(form: Any, annotation: Any) -> list[str]:
    """A line for a field that has a value: a text, a choice, a box that is checked."""
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _said(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
    name = name or _said(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
    if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        checked = pdfium.FPDFAnnot_IsChecked(form, annotation)
        value = _said(pdfium.FPDFAnnot_GetFormFieldExportValue, form, annotation) or "yes" if checked else ""
    elif kind == pdfium.FPDF_FORMFIELD_PUSHBUTTON:
        value = ""
    else:
        value = _said(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    return [f"{name}: {value}" if name else value] if value else []


def _said(function: Callable[..., int], form: Any, annotation: Any) -> str:
    return _read(lambda buffer, size: function(form, annotation, buffer, size))


def _string(annotation: Any, key: bytes) -> str:
    import pypdfium2.raw as pdfium

    return _read(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _read(function: Callable[[Any, int], int]) -> str:
    """A text of PDFium: asked for its bytes first, then for itself, in UTF-16 with a NUL at its end."""
    size = min(function(None, 0), 1_000_000)
    if size < 4:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    function(buffer, size)
    text = bytes(buffer)[:size].decode("utf-16-le", "replace")
    return " ".join(text.replace("\0", " ").split())
