namespace Heldar.Edge.Secrets;

/// <summary>A text that must not reach a log, an error or a response: <see cref="ToString"/> gives stars. Compared by value.</summary>
internal sealed record Secret
{
    /// <summary>What stands for a secret wherever people see it.</summary>
    public const string Mask = "***";

    private readonly string _value;

    public Secret(string value) => _value = value;

    /// <summary>The text itself, for the one place that has to use it.</summary>
    public string Reveal() => _value;

    public override string ToString() => Mask;
}
