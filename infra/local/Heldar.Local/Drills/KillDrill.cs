using Heldar.Local.Emulator;

namespace Heldar.Local.Drills;

/// <summary><c>kill -9</c>.</summary>
internal sealed class KillDrill : CrashDrill
{
    /// <inheritdoc/>
    public override string Name => "kill";

    /// <inheritdoc/>
    public override string Run => "one kill -9 and the start after it";

    /// <inheritdoc/>
    protected override int Full => 200;

    /// <inheritdoc/>
    protected override Task<ICrashSite> PrepareAsync(DrillStage stage, CancellationToken cancellation) => Task.FromResult<ICrashSite>(new Site(Path.Combine(stage.Folder, Name)));

    private sealed class Site(string folder) : ICrashSite
    {
        public string Folder => folder;

        public IReadOnlyDictionary<string, object>? Figures => null;

        public string? Problem => null;

        public Task SettleAsync(CancellationToken cancellation) => Task.CompletedTask;

        public Task<DateTimeOffset> CrashAsync(LoneBox box, CancellationToken cancellation) => box.KillAsync();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
