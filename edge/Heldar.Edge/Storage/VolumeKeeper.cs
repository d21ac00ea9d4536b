using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>Makes the writer of a volume whose seal log is open and whose files are in order.</summary>
internal delegate VolumeWriter VolumeWriterFactory(Volume volume, VolumeRole role, SealLog seals);

/// <summary>
/// Looks after the volumes of the settings: lets in the disks that are the right ones, takes a failing one out of use, and brings it back after a write that
/// was read again, salvage and reconciling. Starts before anything records and ends after it. One loop owns the slots that are recorded to, another the rest, so that a
/// mirror that hangs holds up nobody; the status is read by anyone.
/// </summary>
internal sealed partial class VolumeKeeper(
    VolumeWishes wishes, VolumeSet volumes, VolumeWriters writers, IVolumePreparation preparation, IStoreWriter store, IStoreReader reader, IClock clock,
    ILogger<VolumeKeeper> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EndingOfOthers = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(10);
    private static readonly Duration HeadEvery = Duration.FromSeconds(10);
    private readonly IReadOnlyList<VolumeSlot> _slots = [.. wishes.Volumes.Select(w => new VolumeSlot(w))];
    private readonly CancellationTokenSource _stop = new();
    private readonly VolumeMemory _memory = new(store, reader, log);
    private Instant _headAt = Instant.MinValue;
    private volatile bool _headDue;
    private Task _loop = Task.CompletedTask;
    private Task _others = Task.CompletedTask;

    /// <summary>All volumes as they are now, in the order of the settings.</summary>
    public IReadOnlyList<VolumeStatus> Status => [.. _slots.Select(s => s.Status)];

    private IEnumerable<VolumeSlot> Recorded => _slots.Where(s => s.Wish.Role == VolumeRole.Primary);

    private IEnumerable<VolumeSlot> Rest => _slots.Where(s => s.Wish.Role != VolumeRole.Primary);

    /// <summary>Opens what is there. A volume that is refused does not keep the box from starting, and a mirror that hangs for 3 s at most.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var stop = _stop.Token;
        await OpenAsync(Recorded, cancellationToken);
        var first = Task.Run(() => OpenAsync(Rest, stop), CancellationToken.None);
        _others = Task.Run(() => LoopAsync(() => StepAsync(Rest, stop), first, stop), CancellationToken.None);
        await Task.WhenAny(first, Task.Delay(Patience, cancellationToken));
        NoteHeads();
        await _memory.EndAsync(StorePatience);
        _loop = Task.Run(() => LoopAsync(() => StepMainAsync(Recorded, stop), Task.CompletedTask, stop), CancellationToken.None);
    }

    /// <summary>Looks at every volume for the first time. The index is reconciled as a whole afterwards.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        await OpenAsync(_slots, cancellation);
        NoteHeads();
        await _memory.EndAsync(StorePatience);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop;
        var recorded = EndAllAsync(Recorded);
        await EndRestAsync().WaitAsync(EndingOfOthers, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await recorded.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _memory.EndAsync(StorePatience);
        NoteHeads();
        await _memory.EndAsync(StorePatience);
    }

    /// <summary>Looks at every volume once; the loop calls it each second.</summary>
    public Task StepAsync(CancellationToken cancellation) => StepMainAsync(_slots, cancellation);

    public void Dispose() => _stop.Dispose();

    private static Task EndAllAsync(IEnumerable<VolumeSlot> slots) => Task.WhenAll(slots.Select(s => s.Writer).OfType<VolumeWriter>().Select(w => w.DisposeAsync().AsTask()));

    private async Task EndRestAsync()
    {
        await _others;
        await EndAllAsync(Rest);
    }

    private async Task OpenAsync(IEnumerable<VolumeSlot> slots, CancellationToken cancellation)
    {
        foreach (var slot in slots) await LookAsync(slot, reconcile: false, cancellation);
    }

    private async Task StepAsync(IEnumerable<VolumeSlot> slots, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        foreach (var slot in slots)
        {
            try
            {
                if (slot.Volume is not null && Broken(slot) is { } trouble) Retire(slot, trouble.Fault, trouble.Cause, now);
                if (slot.Volume is null && (now >= slot.NextLook || slot.NextLook > now + Duration.FromMinutes(1))) await LookAsync(slot, reconcile: true, cancellation);
                Tell(slot, now);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One volume's fault is not the next one's.
                LogFailed(e);
            }
        }
    }

    private async Task StepMainAsync(IEnumerable<VolumeSlot> slots, CancellationToken cancellation)
    {
        await StepAsync(slots, cancellation);
        var now = clock.GetCurrentInstant();
        if (!_headDue && now < _headAt && now > _headAt - HeadEvery) return;
        (_headDue, _headAt) = (false, now + HeadEvery);
        NoteHeads();
    }

    private async Task LoopAsync(Func<Task> step, Task first, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            await first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (await timer.WaitForNextTickAsync(stop))
            {
                try
                {
                    await step();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task LookAsync(VolumeSlot slot, bool reconcile, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        if (slot.Leaving is { IsCompleted: false }) return;
        slot.Leaving = null;
        var known = await _memory.KnownAsync(StorePatience, cancellation);
        var admitted = wishes.Admission.Look(slot.Wish, known, [.. _slots.Select(s => s.Volume).OfType<Volume>()], now);
        SealLog? seals = null;
        try
        {
            if (admitted.Volume is not { } volume) throw new VolumeRefusedException(admitted.Fault, admitted.Cause!);
            // A disk that cannot be written to is known at once, and not by the first picture that is lost.
            volume.Probe();
            slot.Notice = admitted.Cause ?? SharesDisk(slot, volume);
            if (slot.Wish.Role != VolumeRole.Staging)
            {
                seals = SealLog.Open(volume.Root, clock);
                if (admitted.Cause is { } cause) seals.Append(new SealRecord { Type = SealType.Noted, Cause = cause });
                preparation.Prepare(volume, seals, cancellation);
                if (reconcile && slot.Wish.Role == VolumeRole.Primary) await preparation.ReconcileAsync(volume, cancellation);
                slot.Writer = wishes.Factory(volume, slot.Wish.Role, seals);
            }

            slot.Volume = volume;
            _memory.Forget(volume.Id);
            if (slot.Wish.Role == VolumeRole.Primary)
            {
                volumes.Add(volume);
                writers.Add(slot.Writer!);
            }
            else if (slot.Wish.Role == VolumeRole.Mirror) (volumes.Mirror, writers.Mirror) = (volume, slot.Writer);
            slot.Calm();
            if (slot.Notice is { } notice) LogNotice(slot.Wish.Path, notice);
            if (reconcile) LogBack(slot.Wish.Path);
            _headDue = true;
            Tell(slot, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VolumeRefusedException)
        {
            seals?.Dispose();
            var fault = (e as VolumeRefusedException)?.Fault ?? VolumeFaults.Of(e);
            if (slot.Status.Cause != e.Message) LogRefused(slot.Wish.Path, e.Message);
            slot.Status = slot.Status with { Fault = fault == VolumeFault.None ? VolumeFault.Other : fault, Cause = e.Message, Free = 0, BytesPerSecond = null };
            slot.BackOff(now);
        }
    }

    private static (VolumeFault Fault, string? Cause)? Broken(VolumeSlot slot)
    {
        if (!slot.Volume!.IsThere) return (VolumeFault.Away, new VolumeAwayException(slot.Wish.Path).Message);
        return slot.Writer is { Fault: var fault, Failure: var failure } && fault.NeedsReopening() ? (fault, failure) : null;
    }

    private void Retire(VolumeSlot slot, VolumeFault fault, string? cause, Instant now)
    {
        LogRetired(slot.Wish.Path, fault.Word(), cause);
        volumes.Remove(slot.Volume!);
        if (slot.Writer is { } writer)
        {
            writers.Remove(writer);
            slot.Leaving = EndAsync(slot.Wish.Path, writer);
        }

        if (slot.Wish.Role == VolumeRole.Mirror) (volumes.Mirror, writers.Mirror) = (null, null);
        (slot.Volume, slot.Writer) = (null, null);
        slot.Status = slot.Status with { Fault = fault, Cause = cause, Free = 0, BytesPerSecond = null };
        slot.BackOff(now);
    }

    /// <summary>A disk that hangs holds its thread; nothing waits for it but the slot.</summary>
    private async Task EndAsync(string path, VolumeWriter writer)
    {
        var ended = writer.DisposeAsync().AsTask();
        if (await Task.WhenAny(ended, Task.Delay(Ending)) != ended) LogStuck(path);
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void Tell(VolumeSlot slot, Instant now)
    {
        if (slot.Volume is not { } volume) return;
        var (free, total) = slot.Writer is { } writer ? (writer.FreeBytes, writer.TotalBytes) : volume.Space();
        if (slot.Writer is not null) slot.Rate.Take(slot.Writer.WrittenBytes, now);
        slot.Status = new(slot.Wish.Path, slot.Wish.Role, volume.Id, slot.Writer?.Fault ?? VolumeFault.None, slot.Writer?.Failure ?? Hangs(slot) ?? slot.Notice, free, total, slot.Rate.BytesPerSecond);
    }

    private static string? Hangs(VolumeSlot slot) => slot.Writer is { Silence: var silence } && silence > Silent
        ? $"the disk has not answered for {silence.TotalSeconds:0} s: what is written to it waits, and beyond 256 MiB it is given up"
        : null;

    private string? SharesDisk(VolumeSlot slot, Volume volume)
    {
        var mine = MountOf(volume.Root);
        return _slots.FirstOrDefault(s => s != slot && s.Volume is { } other && MountOf(other.Root) == mine) is { } twin
            ? $"it lies on the same disk as {twin.Wish.Path}: when that disk fails, both are lost"
            : null;
    }

    private static string? MountOf(string path) =>
        DriveInfo.GetDrives().Select(d => d.Name).Where(n => path.StartsWith(n.TrimEnd('/') + "/", StringComparison.Ordinal) || path == n).MaxBy(n => n.Length);

    /// <summary>Nobody waits for the database: what is not noted now is noted by a later step.</summary>
    private void NoteHeads() => _memory.Note(
        [.. _slots.Select(s => (s.Volume, s.Wish.Role, s.Writer?.Head)).Where(s => s.Volume is not null).Select(s => new KnownVolume(s.Volume!.Id, s.Volume.Root, VolumeAdmission.Word(s.Role), s.Head))], clock.GetCurrentInstant());

    private sealed class VolumeRefusedException(VolumeFault fault, string cause) : Exception(cause)
    {
        public VolumeFault Fault => fault;
    }
}

/// <summary>What the settings want, how a disk is let in, and what writes it.</summary>
internal sealed record VolumeWishes(IReadOnlyList<VolumeSettings> Volumes, VolumeAdmission Admission, VolumeWriterFactory Factory);
