using System.Diagnostics;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Functions;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Index;

/// <summary>
/// How fast segments come into the index. <c>store</c>: the handler's own transaction (landing, conflicts, watermark) beside COPY to staging and INSERT … ON
/// CONFLICT. <c>end_to_end</c>: from a message's bytes (parse, signature, checks) to the commit, beside the COPY alone. The same rows in the same portions, four at
/// once, over a durable PostgreSQL.
/// </summary>
internal sealed class IndexBench(bool quick, string folder, Action<BenchLine> print, Action<string> say)
{
    private const string Name = "index";
    private readonly IndexPlan _plan = IndexPlan.Of(quick);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var server = new PostgresServer(new PostgresOptions(Path.Combine(folder, "data"), Ports.Free(), Path.Combine(folder, "postgres.log")));
        await server.StartAsync(cancellation);
        await server.CreateDatabaseAsync("bench", cancellation);
        await using var database = DatabaseServiceCollectionExtensions.Create(server.ConnectionString("bench"));
        await Migrator.MigrateAsync(database, cancellation);
        await IndexPartitions.EnsureAsync(database, SystemClock.Instance.GetCurrentInstant(), cancellation);
        using var load = new IndexLoad(_plan);
        await load.RegisterAsync(database);
        var today = SystemClock.Instance.GetCurrentInstant().InUtc().Date;
        var baseline = new CopyBaseline(database);
        await baseline.CreateAsync(today.ToDateOnly(), cancellation);
        var options = new FunctionsOptions(server.ConnectionString("bench"), "UseDevelopmentStorage=true", "0", null, 0, IndexPlan.Concurrency);
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddHandlers(options).BuildServiceProvider();
        var handler = services.GetRequiredService<FunctionTable>().Queues[nameof(Functions.IndexSegments.IndexSegments)];

        List<double> store = [], staged = [], whole = [], bare = [];
        // The first round warms both sides up.
        for (var round = 0; round <= _plan.Rounds; round++)
        {
            var messages = load.Make();
            var ours = await RateAsync(messages, m => StoreAsync(database, m, today, cancellation));
            await CheckAsync(database, "segment_landing", messages, cancellation);
            var theirs = await RateAsync(messages, m => baseline.StageAsync(m.Rows, today.ToDateOnly(), cancellation));
            await CheckAsync(database, "copy_landing", messages, cancellation);
            await baseline.EmptyAsync(cancellation);
            messages = load.Make();
            var end = await RateAsync(messages, m => handler.RunAsync(new QueueMessage("segments-0", "bench", 1, m.Body), cancellation));
            await CheckAsync(database, "segment_landing", messages, cancellation);
            var copied = await RateAsync(messages, m => baseline.BareAsync(m.Rows, today.ToDateOnly(), cancellation));
            await CheckAsync(database, "copy_bare", messages, cancellation);
            await baseline.EmptyAsync(cancellation);
            say($"index: round {round}: store {ours:0}, staged {theirs:0}, end to end {end:0}, bare COPY {copied:0} rows/s");
            if (round == 0) continue;
            store.Add(ours);
            staged.Add(theirs);
            whole.Add(end);
            bare.Add(copied);
        }

        Print("store", store, "COPY to staging and INSERT … ON CONFLICT", staged, IndexPlan.StoreBar);
        Print("end_to_end", whole, "bare COPY", bare, IndexPlan.EndToEndBar);
        await using (var clear = database.CreateCommand("truncate segment_landing")) await clear.ExecuteNonQueryAsync(cancellation);
        await new FoldRate(database, folder, quick, print).RunAsync(cancellation);
    }

    private void Print(string metric, List<double> ours, string beside, List<double> theirs, double bar)
    {
        double value = Statistics.Median(ours), against = Statistics.Median(theirs);
        print(new BenchLine(Name, metric, value, "rows/s", beside, against, value / against, ours.Count) { Bar = ($"ratio >= {bar}", value / against >= bar) });
    }

    private static async Task StoreAsync(NpgsqlDataSource database, LoadedMessage message, LocalDate today, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        GenericPlans.Append(batch);
        SegmentLanding.Append(batch, message.Batch.Box.Tenant, message.Batch.Box.Box, today, message.Rows);
        Watermarks.Append(batch, message.Batch);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Rows a second.</summary>
    private static async Task<double> RateAsync(IReadOnlyList<LoadedMessage> messages, Func<LoadedMessage, Task> one)
    {
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(messages, new ParallelOptions { MaxDegreeOfParallelism = IndexPlan.Concurrency }, async (message, _) => await one(message));
        return messages.Count * IndexPlan.EventsPerMessage / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task CheckAsync(NpgsqlDataSource database, string table, IReadOnlyList<LoadedMessage> messages, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"select count(*) from {table}");
        var there = (long)(await command.ExecuteScalarAsync(cancellation))!;
        if (there != messages.Count * IndexPlan.EventsPerMessage) throw new InvalidOperationException($"{there} of {messages.Count * IndexPlan.EventsPerMessage} rows are in {table}");
    }
}
