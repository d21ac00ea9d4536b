using Heldar.Cloud.Migrations;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.Pipeline;

/// <summary>
/// Stops consuming when the database's schema is not one that this program knows (its own, or one version apart). Asks again every 60 s while all is well
/// and every 5 s while not. Thread-safe.
/// </summary>
internal sealed class SchemaGate(NpgsqlDataSource database, IClock clock)
{
    private static readonly Duration WhenWell = Duration.FromSeconds(60);
    private static readonly Duration WhenNot = Duration.FromSeconds(5);

    private Answer? _last;

    /// <summary>Null when messages may be applied; otherwise why not. Database faults pass through.</summary>
    public async ValueTask<string?> ProblemAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        if (_last is { } last && now >= last.At && now - last.At < (last.Problem is null ? WhenWell : WhenNot)) return last.Problem;
        var problem = await SchemaVersion.CheckAsync(database, cancellation);
        _last = new(problem, now);
        return problem;
    }

    private sealed record Answer(string? Problem, Instant At);
}
