"""What a mail server's answer, or its silence, means for the job: tried again, put off with its queue, or failed for good.

RFC 5321 §4.2: 4xx may go well later, 5xx never will. Texts of servers are not passed on: they quote addresses.
"""

from __future__ import annotations

import re
import ssl

import aiosmtplib

from advisorjobs.errors import ErrorCode, JobError

__all__ = ["job_error"]

PATIENCE = 60.0
"""Seconds that the queue is closed for when a server has had enough; SMTP has no Retry-After."""

ENOUGH = re.compile(
    r"\b(rate|throttl\w*|too many|too fast|quota|limit(s|ed)? exceeded|4\.7\.28|4\.3\.2)\b", re.IGNORECASE
)
GREY = re.compile(r"gr[ae]y-?list", re.IGNORECASE)
"""Greylisting asks for one mail's patience, not for the queue's."""

ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
LOGIN = frozenset({530, 534, 535, 538})


def job_error(error: Exception, place: str) -> JobError | None:
    """What *error* of a conversation with the server at *place* (host:port) means; None for one that isn't the server's."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and len(error.recipients) == 1:
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return refusal(error, f"{place} answered {shown(error)}")
    if isinstance(error, OSError):  # which the library's own for lost connections and time-outs are too
        return JobError(ErrorCode.NETWORK, trouble(error, place))
    if isinstance(error, aiosmtplib.SMTPException):
        told = f"{place} didn't speak SMTP as expected ({type(error).__name__})"
        return JobError(ErrorCode.EXTERNAL_SERVICE, told)
    return None


def refusal(error: aiosmtplib.SMTPResponseException, said: str) -> JobError:
    """A reply with a number."""
    if is_enough(error):
        return JobError(ErrorCode.RATE_LIMITED, f"{said}: it has had enough for now", retry_after=PATIENCE)
    if error.code in LOGIN or (error.code >= 500 and isinstance(error, aiosmtplib.SMTPAuthenticationError)):
        return JobError(ErrorCode.AUTHENTICATION, f"{said} to our login: check SMTP_USER and SMTP_PASS")
    if 400 <= error.code < 500:
        return JobError(ErrorCode.EXTERNAL_SERVICE, f"{said}: it may take the mail later")
    match error:
        case aiosmtplib.SMTPRecipientRefused():
            return JobError(ErrorCode.VALIDATION, f"{said}: it takes no mail for this recipient")
        case aiosmtplib.SMTPSenderRefused():
            return JobError(ErrorCode.VALIDATION, f"{said}: it takes no mail from ADVISORJOBS_MAIL_FROM")
    return JobError(ErrorCode.EXTERNAL_SERVICE, f"{said}: it doesn't take this mail", permanent=error.code >= 500)


def is_enough(error: aiosmtplib.SMTPResponseException) -> bool:
    """Whether the server wants fewer mails, rather than not this one."""
    too_fast = ENOUGH.search(error.message) and not GREY.search(error.message)
    return error.code == 421 or bool(400 <= error.code < 500 and too_fast)


def trouble(error: OSError, place: str) -> str:
    """A reply that didn't come, for people."""
    if certificate := certificate_error(error):
        cure = "check SMTP_HOST and ADVISORJOBS_SMTP_CA_FILE"
        return f"the certificate of {place} can't be trusted ({certificate}): {cure}"
    match error:
        case TimeoutError():
            return f"{place} didn't answer in time"
        case ssl.SSLError():
            return f"no TLS with {place} ({error.reason or type(error).__name__})"
        case aiosmtplib.SMTPConnectError():
            return f"{place} can't be reached"
    return f"the connection to {place} was lost ({type(error).__name__})"


def shown(error: aiosmtplib.SMTPResponseException) -> str:
    """The reply's numbers, without its text."""
    dotted = ENHANCED.match(error.message)
    return f"{error.code} {dotted[1]}" if dotted else str(error.code)


def certificate_error(error: BaseException | None) -> str | None:
    """Why a certificate was not trusted, if that is what *error* comes from."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return None
