namespace Heldar.Cloud.Mail;

/// <summary>One e-mail of plain text. Nothing in it is trusted: subject and text may hold what cameras and people wrote.</summary>
/// <param name="To">The one address.</param>
/// <param name="Id">Made into the Message-ID; the same id is the same e-mail, so that a second sending shows as one in most mailboxes.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">The body.</param>
public sealed record MailText(string To, string Id, string Subject, string Text);
