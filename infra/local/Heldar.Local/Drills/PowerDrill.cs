using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>
/// A power cut: recordings and database lie on an ext4 file system that is shut down without flushing anything, then the box is killed and the disk mounted again.
/// Each cut shows by a canary that what nobody had synced is really gone: a kill alone loses nothing of that.
/// </summary>
internal sealed class PowerDrill : CrashDrill
{
    private const int DiskMegabytes = 2048;

    /// <inheritdoc/>
    public override string Name => "power";

    /// <inheritdoc/>
    public override string Run => "one power cut and the start after it";

    /// <inheritdoc/>
    public override string? Obstacle => LoopDisk.Obstacle;

    /// <inheritdoc/>
    protected override int Full => 50;

    /// <inheritdoc/>
    protected override async Task<ICrashSite> PrepareAsync(DrillStage stage, CancellationToken cancellation) =>
        new Site(await LoopDisk.CreateAsync(Path.Combine(stage.Folder, Name), DiskMegabytes, cancellation));

    private sealed class Site(LoopDisk disk) : ICrashSite
    {
        private int _cuts;
        private int _dropped;

        public string Folder => disk.Folder;

        public IReadOnlyDictionary<string, object>? Figures => new Dictionary<string, object> { ["unsynced_dropped"] = _dropped };

        public string? Problem => _dropped == _cuts ? null : $"only {_dropped} of {_cuts} cuts dropped what was not synced";

        public Task SettleAsync(CancellationToken cancellation) => disk.SyncAsync(cancellation);

        public async Task<DateTimeOffset> CrashAsync(LoneBox box, CancellationToken cancellation)
        {
            if (box.Pid is null) throw new ProcessException($"the box does not run any more; {LogTail.Describe(box.LogFile)}");
            string canary = Path.Combine(disk.Folder, $"canary-{++_cuts}");
            DateTimeOffset cut = disk.CutPower(canary);
            await box.KillAsync();
            await disk.UnmountAsync();
            await disk.MountAsync(cancellation);
            if (new FileInfo(canary) is not { Exists: true, Length: > 0 }) _dropped++;
            return cut;
        }

        public ValueTask DisposeAsync() => disk.DisposeAsync();
    }
}
