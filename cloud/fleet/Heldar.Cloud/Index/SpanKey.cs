using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>One camera-hour of one box.</summary>
internal sealed record SpanKey
{
    public string Tenant { get; init; } = "";

    public Guid Camera { get; init; }

    public Guid Box { get; init; }

    public Instant Hour { get; init; }
}
