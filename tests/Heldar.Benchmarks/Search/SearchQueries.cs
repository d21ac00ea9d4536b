using Heldar.Cloud.Detections;
using Heldar.Cloud.Events;
using Heldar.Cloud.Index;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Search;

/// <summary>One search, as the product answers it and as a person would have written it for just these rows; both say what they found.</summary>
internal sealed record SearchQuery(string Shape, Func<NpgsqlDataSource, CancellationToken, Task<Found>> Ours, Func<NpgsqlDataSource, CancellationToken, Task<Found>> Theirs);

/// <summary>What a search found: how much, and where it ends. Equal for equal answers.</summary>
internal readonly record struct Found(int Count, string Last);

/// <summary>The queries of the bench: eight shapes, distinct, from a fixed seed.</summary>
internal sealed class SearchQueries(SearchPlan plan)
{
    private readonly Random _random = new(SearchPlan.Seed);

    public IReadOnlyList<SearchQuery> Make()
    {
        List<SearchQuery> all = [];
        for (var n = 0; n < plan.QueriesOfAShape; n++)
        {
            var at = Moment(plan.Days - 2);
            all.Add(Recordings("one camera, an hour", [Listed()], at, at + Duration.FromHours(1), null));
            var day = Moment(plan.Days - 2);
            all.Add(Recordings("one camera, a day, a later page", [Listed()], day, day + Duration.FromDays(1), day + Duration.FromMinutes(_random.Next(120, 1200))));
            at = Moment(plan.Days - 2);
            all.Add(Recordings("every camera, an hour", null, at, at + Duration.FromHours(1), null));
            all.Add(Landing(SearchPlan.End + Duration.FromSeconds(_random.Next(0, 1800))));
            at = Moment(plan.Days - 32 < 1 ? 1 : plan.Days - 32);
            all.Add(Timeline("one camera's timeline of a month", [Listed()], at, at + Duration.FromDays(Math.Min(31, plan.Days - 2))));
            at = Moment(plan.Days - 2);
            all.Add(Timeline("a site's timeline of a day", Site(), at, at + Duration.FromDays(1)));
            at = SearchPlan.End - Duration.FromMinutes(_random.Next(1440, (Math.Min(30, plan.Days) - 1) * 1440));
            all.Add(Detections("one camera's detections of a label, a day", [SearchPlan.Camera(_random.Next(plan.Cameras))], at, at + Duration.FromDays(1), Pick("person", "car", "truck")));
            at = SearchPlan.End - Duration.FromMinutes(_random.Next(1440, (Math.Min(30, plan.Days) - 1) * 1440));
            all.Add(Detections("anybody's detections of a label, a day", null, at, at + Duration.FromDays(1), Pick("bear", "dog", "person")));
        }

        return [.. all.OrderBy(_ => _random.Next())];
    }

    private static Guid[] Site() => [.. Enumerable.Range(0, SearchPlan.CamerasOfASite).Select(SearchPlan.Camera)];

    private Guid Listed() => SearchPlan.Camera(_random.Next(SearchPlan.CamerasOfASite));

    /// <summary>A time at least a day before the end, to the millisecond: no two are the same.</summary>
    private Instant Moment(int days) => SearchPlan.End - Duration.FromDays(plan.Days) + Duration.FromMinutes(30) + Duration.FromMilliseconds(_random.NextInt64(days * 86_400_000L));

    private string Pick(params string[] words) => words[_random.Next(words.Length)];

    private static SearchQuery Recordings(string shape, Guid[]? cameras, Instant from, Instant to, Instant? after)
    {
        var query = new RecordingQuery("main", from, to, Cameras: cameras);
        var cursor = after is { } at ? new RecordingCursor(at, cameras![0], SearchPlan.Box(0)).ToString() : null;
        return new(
            shape,
            async (database, cancellation) =>
            {
                var page = await new RecordingSearch(database, NoManifests.Instance).PageAsync(query, cursor, SearchPlan.PageSize, cancellation);
                return new(page.Items.Count, page.Items.Count == 0 ? "" : $"{page.Items[^1].Start} {page.Items[^1].CameraName}");
            },
            (database, cancellation) => HandWritten.RecordingsAsync(database, cameras, after ?? from, from, to, cancellation));
    }

    private static SearchQuery Landing(Instant from)
    {
        var to = from + Duration.FromMinutes(10);
        return new(
            "a site's running hour",
            async (database, cancellation) =>
            {
                var page = await new RecordingSearch(database, NoManifests.Instance).PageAsync(new RecordingQuery("main", from, to, Sites: [SearchPlan.Site(0)]), null, SearchPlan.PageSize, cancellation);
                return new(page.Items.Count, page.Items.Count == 0 ? "" : $"{page.Items[^1].Start} {page.Items[^1].CameraName}");
            },
            (database, cancellation) => HandWritten.LandingAsync(database, SearchPlan.Site(0), from, to, cancellation));
    }

    private static SearchQuery Timeline(string shape, Guid[] cameras, Instant from, Instant to) => new(
        shape,
        async (database, cancellation) =>
        {
            var all = await new RecordingSearch(database, NoManifests.Instance).TimelineAsync(new RecordingQuery("main", from, to, Cameras: cameras), cancellation);
            var spans = all.SelectMany(c => c.Spans).ToList();
            return new(spans.Count, $"{spans.Max(s => s[1])}");
        },
        (database, cancellation) => HandWritten.TimelineAsync(database, cameras, from, to, cancellation));

    private static SearchQuery Detections(string shape, Guid[]? cameras, Instant from, Instant to, string label) => new(
        shape,
        async (database, cancellation) =>
        {
            var page = await new DetectionSearch(database).PageAsync(new EventQuery("main", from, to, Cameras: cameras), new DetectionFilter(Labels: [label]), null, SearchPlan.PageSize, cancellation);
            return new(page.Items.Count, page.Items.Count == 0 ? "" : page.Items[^1].Event);
        },
        (database, cancellation) => HandWritten.DetectionsAsync(database, cameras, from, to, label, cancellation));

    /// <summary>No query here asks for a proof.</summary>
    private sealed class NoManifests : ManifestReader
    {
        public static readonly NoManifests Instance = new();

        public override Task<HourManifest> ReadAsync(string blob, byte[] root, CancellationToken cancellation) => throw new NotSupportedException("the bench has no manifests");
    }
}
