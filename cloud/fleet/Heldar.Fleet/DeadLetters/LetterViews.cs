using NodaTime;

namespace Heldar.Fleet.DeadLetters;

/// <summary>A letter in the list.</summary>
/// <param name="Proven">False when the message proved no tenant: box and type are what it claims.</param>
/// <param name="Status"><c>open</c>, <c>redriven</c> (on its way), <c>applied</c> or <c>dropped</c>.</param>
/// <param name="IsEvent">One event, which can be mended; otherwise a whole message, which can only be sent again as it is.</param>
/// <param name="Rounds">How often it was sent again.</param>
internal sealed record LetterItem(Guid Letter, Instant At, string Queue, string Reason, string Detail, bool Proven, string Status, bool IsEvent, bool Mended, long Rounds, int Bytes)
{
    public Guid? Box { get; init; }

    public string? BoxName { get; init; }

    public string? Site { get; init; }

    public string? EventId { get; init; }

    public string? EventType { get; init; }

    public string? MendedBy { get; init; }

    public Instant? MendedAt { get; init; }

    public string? ChangedBy { get; init; }

    public Instant? ChangedAt { get; init; }
}

/// <summary>Answer of <c>GET /api/v1/dead-letters</c>, the newest first.</summary>
internal sealed record LettersPage(IReadOnlyList<LetterItem> Items, string? Cursor = null);

/// <summary>Answer of <c>GET /api/v1/dead-letters/{letter}</c>.</summary>
/// <param name="Form">What the bytes are: <c>event</c>, <c>envelope</c>, <c>text</c> or <c>binary</c> (shown as hex). Of a long one the beginning, as text that ends in "…"; <c>/body</c> gives all of it.</param>
/// <param name="Original">The bytes as text that hides nothing: control and direction characters are escapes.</param>
/// <param name="Changes">What differs between it and the mended event.</param>
/// <param name="Edited">The mended event, or null.</param>
internal sealed record LetterView(LetterItem Letter, string Form, string Original, string Sha256, IReadOnlyList<JsonChange> Changes, string? Edited = null);

/// <summary>One difference. A side that has nothing there is null.</summary>
internal sealed record JsonChange(string Path, string? Before = null, string? After = null);

/// <summary>Body of <c>PUT /api/v1/dead-letters/{letter}/mend</c>: the event's JSON text, or null to take the mending back.</summary>
internal sealed record MendRequest(string? Body = null);

/// <summary>Body of <c>POST /api/v1/dead-letters/redrive</c> and <c>/drop</c>: 1 to 100 letters.</summary>
internal sealed record LettersRequest(IReadOnlyList<Guid> Letters);

/// <summary>What became of each letter.</summary>
internal sealed record LettersAnswer(IReadOnlyList<Guid> Done, IReadOnlyList<RefusedLetter> Refused);

/// <summary>A letter that stays as it is, and why.</summary>
internal sealed record RefusedLetter(Guid Letter, string Error);
