using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary><c>heldar-edge mirror</c>: tells how the copies are, also beside a running box, and restores and scrubs on a stopped one. A running box does both by its API.</summary>
internal static class MirrorCommand
{
    private const int Listed = 100;

    /// <param name="build">Composes a box that is not started, with its services replaced.</param>
    public static Command Create(Func<BoxSettings, Action<IServiceCollection>, WebApplication> build) =>
        new("mirror", "Copies of footage on a second volume.") { Status(), Restore(build), Scrub(build) };

    private static Command Status()
    {
        var json = Json();
        var command = new Command("status", "Say what is copied, what waits, and which stored files are damaged; exit code 1 when one is. Also beside a running box.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = ConfigOption.Read(parsed);
            var file = StoreOptions.FileIn(settings.DataFolder);
            if (!File.Exists(file)) throw new InvalidDataException($"{file} does not exist: this box has not run yet");
            await using var store = BoxStore.Open(new StoreOptions { File = file, Readers = 1 }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);
            var seen = await store.ReadAsync(db => (Totals: MirrorRows.Totals(db), Oldest: MirrorRows.OldestWaiting(db), Mark: ScrubRows.Mark(db), Open: ScrubRows.Open(db), Damages: ScrubRows.Damages(db, Listed)), cancellation);
            var lag = seen.Oldest is { } oldest ? Math.Max(0, (SystemClock.Instance.GetCurrentInstant() - oldest).TotalSeconds) : 0;
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                var all = new
                {
                    enabled = MirrorPolicy.Of(settings).IsOn,
                    copied = new { segments = seen.Totals.CopiedSegments, bytes = seen.Totals.CopiedBytes },
                    waiting = new { segments = seen.Totals.WaitingSegments, bytes = seen.Totals.WaitingBytes, lagSeconds = lag },
                    scrub = new { rounds = seen.Mark.Rounds, segments = seen.Mark.Segments, bytes = seen.Mark.Bytes },
                    damaged = seen.Open,
                    damages = seen.Damages,
                };
                await output.WriteLineAsync(JsonSerializer.Serialize(all, HeldarJson.Options));
            }
            else
            {
                if (!MirrorPolicy.Of(settings).IsOn) await output.WriteLineAsync($"{settings.File} names no volume with the role mirror");
                await output.WriteLineAsync(Line($"copied   {seen.Totals.CopiedSegments} segments, {GiB(seen.Totals.CopiedBytes):0.0} GiB"));
                await output.WriteLineAsync(Line($"waiting  {seen.Totals.WaitingSegments} segments, {GiB(seen.Totals.WaitingBytes):0.0} GiB, the oldest for {lag:0} s"));
                await output.WriteLineAsync(Line($"scrub    {seen.Mark.Rounds} rounds, {seen.Mark.Segments} segments and {GiB(seen.Mark.Bytes):0.0} GiB read"));
                foreach (var damage in seen.Damages.Where(d => d.Repaired is null)) await output.WriteLineAsync($"DAMAGED  {damage.Segment:D} on the {damage.Side}: {damage.What}");
            }

            return seen.Open == 0 ? 0 : 1;
        });
        return command;
    }

    private static Command Restore(Func<BoxSettings, Action<IServiceCollection>, WebApplication> build)
    {
        var segments = new Argument<Guid[]>("SEGMENT") { Description = "ids of segments", Arity = ArgumentArity.ZeroOrMore };
        var damaged = new Option<bool>("--damaged") { Description = "every file that a scrub found damaged" };
        var lost = new Option<bool>("--lost") { Description = "every file that is missing, such as all of a disk that was replaced" };
        var json = Json();
        var command = new Command("restore", "Bring files back from the mirror on a stopped box; a damaged one goes to quarantine. Exit code 1 when one could not be restored.") { segments, damaged, lost, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(segments) is not { Length: > 0 } && !result.GetValue(damaged) && !result.GetValue(lost)) result.AddError("name segments, --damaged or --lost");
        });
        command.SetAction((parsed, cancellation) => StoppedBox.UseAsync(ConfigOption.Read(parsed), build, needsMirror: true, async box =>
        {
            var outcomes = new Dictionary<RestoreOutcome, int>();
            var output = parsed.InvocationConfiguration.Output;
            await foreach (var id in box.SelectAsync(parsed.GetValue(segments) ?? [], parsed.GetValue(damaged), parsed.GetValue(lost), cancellation))
            {
                var outcome = await box.RestoreAsync(id, cancellation);
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
                if (!parsed.GetValue(json)) await output.WriteLineAsync($"{id:D}: {Words(outcome)}");
            }

            var failed = outcomes.Where(o => o.Key is RestoreOutcome.NoCopy or RestoreOutcome.NotFound or RestoreOutcome.NotNow).Sum(o => o.Value);
            var sums = RestoreDto.Of(outcomes);
            if (parsed.GetValue(json)) await output.WriteLineAsync(JsonSerializer.Serialize(new { ok = failed == 0, sums.Restored, sums.Changed, sums.Whole, failed }, HeldarJson.Options));
            else await output.WriteLineAsync(Line($"{sums.Restored + sums.Changed} restored, {sums.Whole} were whole, {failed} could not be restored"));
            return failed == 0 ? 0 : 1;
        }, cancellation));
        return command;
    }

    private static Command Scrub(Func<BoxSettings, Action<IServiceCollection>, WebApplication> build)
    {
        var json = Json();
        var command = new Command("scrub", "Read all stored files of a stopped box again and hold them against their seals; what has a good copy is restored. Exit code 1 when damage remains.") { json };
        command.SetAction((parsed, cancellation) => StoppedBox.UseAsync(ConfigOption.Read(parsed), build, needsMirror: false, async box =>
        {
            var (segments, bytes, found, open) = await box.ScrubAsync(Console.Error.WriteLine, cancellation);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) await output.WriteLineAsync(JsonSerializer.Serialize(new { ok = open == 0, segments, bytes, found, repaired = found - Math.Min(found, open), open }, HeldarJson.Options));
            else await output.WriteLineAsync(Line($"{segments} segments, {GiB(bytes):0.0} GiB read; {found} files were damaged, {open} still are"));
            return open == 0 ? 0 : 1;
        }, cancellation));
        return command;
    }

    private static Option<bool> Json() => new("--json") { Description = "one JSON object on standard output" };

    private static string Words(RestoreOutcome outcome) => outcome switch
    {
        RestoreOutcome.Restored => "restored",
        RestoreOutcome.Changed => "restored in another sealed state, as a new revision",
        RestoreOutcome.NotNeeded => "it is whole",
        RestoreOutcome.NotFound => "there is no such closed segment on this box",
        RestoreOutcome.NoCopy => "the mirror has no copy that is what was sealed",
        _ => "no volume can be written to",
    };

    private static double GiB(long bytes) => bytes / (double)(1 << 30);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
