using System.Globalization;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Queues;
using Heldar.Local.Emulator;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using NodaTime;
using Npgsql;

namespace Heldar.Local.Drills;

/// <summary>
/// Keys of the storage account are rotated and the number of shards changes while simulated boxes tell events: the cloud moves to key2, key1 is made anew, and back
/// again; a shard is added, then the first one is taken out and its queues drain. Boxes learn of either when they renew their grants. Nothing may be lost, applied twice
/// or wrong.
/// </summary>
internal sealed class KeysDrill : Drill
{
    private const string NewShard = "1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Leases = TimeSpan.FromMinutes(12);

    /// <inheritdoc/>
    public override string Name => "keys";

    /// <inheritdoc/>
    public override string Run => "one rotation of the storage account's keys";

    /// <inheritdoc/>
    public override int Cameras => 0;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        int rotations = options.RunsOr(6, quick: 2);
        await using CloudStage cloud = await CloudStage.StartAsync(stage, Name, [], cancellation);
        IReadOnlyList<string> proved = await cloud.ProveAsync(null, cancellation);
        bool moving = true;
        var sim = new FleetSimOptions(options.Quick ? 6 : 20, cloud.Stack.Folder.Root)
        {
            Seconds = (rotations * 8) + 16,

            // On a slow machine rotations take longer, and boxes that have told everything move nowhere.
            GoOn = () => Volatile.Read(ref moving),
            Rate = 10,
            ResendAfter = Duration.FromSeconds(5),
            RenewEvery = Duration.FromSeconds(4),
            Seed = 5,
        };
        using var boxes = new SimFleet(sim, cloud.Stack.Fleet, stage.Say);
        await boxes.EnrolAsync(cloud.Desk, cancellation);
        Task<TimeSpan> told = boxes.RunAsync(cancellation);
        int believed = 0;
        for (int rotation = 1; rotation <= rotations; rotation++)
        {
            stage.Say(string.Create(CultureInfo.InvariantCulture, $"rotation {rotation} of {rotations}"));
            believed += await RotateAsync(cloud.Stack, cancellation) ? 1 : 0;
        }

        await using Service added = cloud.Stack.NewFunctions(NewShard);
        int left = await ChangeShardsAsync(cloud.Stack, added, options.Quick, () => Volatile.Write(ref moving, false), stage.Say, cancellation);
        await told;
        int behind = boxes.Behind;
        SimLedger ledger = boxes.Ledger;
        IndexVerdict verdict = await cloud.Trial.JudgeAsync(ledger, cancellation);
        return new DrillReport
        {
            Drill = Name,
            Runs = rotations,
            Proved = proved,
            More = new Dictionary<string, object>
            {
                ["boxes"] = sim.Boxes,
                ["messages"] = boxes.Messages,
                ["repeats"] = boxes.Repeats,
                ["failures"] = boxes.Failures,
                ["old_keys_believed"] = believed,
                ["left_to_leases"] = left,
            },
        }.With(verdict)
            .Check(ledger.Sent.Count > 0, "nothing was sent")
            .Check(believed == 0, $"{believed} keys still opened the account after they were made anew")
            .Check(behind == 0, $"the cloud did not have everything of {behind} boxes within {sim.DrainSeconds} s");
    }

    /// <summary>Moves the cloud to the other key, then makes the one that it used anew. True when the account still takes the old one.</summary>
    private static async Task<bool> RotateAsync(Stack stack, CancellationToken cancellation)
    {
        AzuriteKeys keys = stack.StorageKeys;
        if (keys.Second is null)
        {
            stack.StorageKeys = keys = keys with { Second = NewKey() };
            await RestartAsync(stack.AzuriteService, cancellation);
        }

        string old = stack.Storage;
        stack.StorageKeys = keys = keys with { UseSecond = !keys.UseSecond };
        await RestartAsync(stack.FleetService, cancellation);
        await RestartAsync(stack.FunctionsService, cancellation);
        stack.StorageKeys = keys.UseSecond ? keys with { First = NewKey() } : keys with { Second = NewKey() };
        await RestartAsync(stack.AzuriteService, cancellation);
        return await OpensAsync(old, cancellation);
    }

    /// <summary>
    /// Adds a shard, waits until boxes tell both, takes the first one out, waits until no box tells it and its queues have drained. Answers what is left under leases: an
    /// outage of the storage account leaves messages that were applied, but could not be deleted, to leases of 10 minutes, which the short form does not wait for.
    /// </summary>
    private static async Task<int> ChangeShardsAsync(Stack stack, Service added, bool quick, Action moved, Action<string> say, CancellationToken cancellation)
    {
        string first = stack.Shards[0];
        say($"adding shard {NewShard}");
        stack.Shards = [first, NewShard];
        await RestartAsync(stack.FleetService, cancellation);
        await added.StartAsync(cancellation);
        await UntilAsync("boxes are in both shards", "select count(distinct shard) = 2 from box", stack, cancellation);
        say($"taking shard {first} out");
        stack.Shards = [NewShard];
        await RestartAsync(stack.FleetService, cancellation);
        await UntilAsync("no box is in the old shard", $"select count(*) = 0 from box where site = '{TokenDesk.Site}' and shard <> '{NewShard}' and last_seen_at > now() - interval '10 seconds'", stack, cancellation);
        moved();
        var gauge = new QueueGauge(stack.Storage);
        int left = await gauge.SettleAsync(Limit, $"-{first}", cancellation);
        if (!quick) await gauge.EmptyAsync(Leases, $"-{first}", cancellation);

        // The boxes go on with the functions of the new shard alone.
        await stack.FunctionsService.StopAsync();
        return quick ? left : 0;
    }

    private static Task UntilAsync(string what, string sql, Stack stack, CancellationToken cancellation) => Readiness.WaitAsync(
        what,
        async token =>
        {
            await using var database = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(stack.Database) { Pooling = false }.ConnectionString);
            await database.OpenAsync(token);
            await using var ask = new NpgsqlCommand(sql, database);
            return await ask.ExecuteScalarAsync(token) is true;
        },
        Limit, null, cancellation);

    private static async Task RestartAsync(Service service, CancellationToken cancellation)
    {
        await service.StopAsync();
        await service.StartAsync(cancellation);
    }

    private static async Task<bool> OpensAsync(string storage, CancellationToken cancellation)
    {
        try
        {
            await new QueueServiceClient(storage, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12)).GetPropertiesAsync(cancellation);
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status == 403)
        {
            return false;
        }
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
}
