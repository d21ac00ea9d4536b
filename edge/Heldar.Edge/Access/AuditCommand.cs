using System.CommandLine;
using Heldar.Edge.Audit;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary><c>heldar-edge audit verify</c>: walks the chain of the audit log, also beside a running box.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var head = new Option<string?>("--head") { Description = "a head that an earlier verify printed: it must still be in the chain" };
        var verify = new Command("verify", "Check that no entry of the audit log was changed or removed; exit code 1 when one was.") { head };
        verify.SetAction((parsed, cancellation) => VerifyAsync(ConfigOption.Read(parsed), parsed.GetValue(head), parsed.InvocationConfiguration.Output, cancellation));
        return new Command("audit", "The record of what people and keys did.") { verify };
    }

    private static async Task<int> VerifyAsync(BoxSettings settings, string? head, TextWriter output, CancellationToken cancellation)
    {
        var file = StoreOptions.FileIn(settings.DataFolder);
        if (!File.Exists(file)) throw new InvalidDataException($"{file} does not exist: this box has not run yet");
        await using var store = BoxStore.Open(new StoreOptions { File = file, Readers = 1 }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);
        var verdict = await new AuditLog(store, store, SystemClock.Instance).VerifyAsync(head, cancellation);
        await output.WriteLineAsync($"{verdict.Entries} entries fit{(verdict.Anchor > 0 ? $" after entry {verdict.Anchor}, where the chain begins" : "")}");
        await output.WriteLineAsync($"head {verdict.Head}");
        if (verdict.FirstBroken is { } broken) await output.WriteLineAsync($"BROKEN: entry {broken} was changed or removed");
        if (verdict.HeadFound is false) await output.WriteLineAsync("BROKEN: the head that was remembered is not in the chain: entries were cut off or made anew");
        return verdict.Sound ? 0 : 1;
    }
}
