namespace Heldar.Edge.Doctor;

/// <summary>How much a finding matters.</summary>
internal enum FindingLevel
{
    Ok,

    /// <summary>The box records, but less well or not for long.</summary>
    Warning,

    /// <summary>The box will not do its work like this.</summary>
    Failure,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Check">Which examination, such as <c>disk</c>.</param>
/// <param name="Level">How it is.</param>
/// <param name="What">What was seen.</param>
/// <param name="Cause">Why it matters; null when all is well.</param>
/// <param name="Fix">What to do; null when all is well.</param>
internal sealed record Finding(string Check, FindingLevel Level, string What, string? Cause = null, string? Fix = null)
{
    public static Finding Ok(string check, string what) => new(check, FindingLevel.Ok, what);

    public static Finding Warning(string check, string what, string cause, string fix) => new(check, FindingLevel.Warning, what, cause, fix);

    public static Finding Failure(string check, string what, string cause, string fix) => new(check, FindingLevel.Failure, what, cause, fix);
}
