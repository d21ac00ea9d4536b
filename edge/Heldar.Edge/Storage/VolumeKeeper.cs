using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>Makes the writer of a volume whose seal log is open and whose files are in order.</summary>
internal delegate VolumeWriter VolumeWriterFactory(Volume volume, VolumeRole role, SealLog seals);

/// <summary>
/// Looks after the volumes of the settings: lets in the disks that are the right ones, takes a failing one out of use, and brings it back after a write that
/// was read again, salvage and reconciling. Starts before anything records and ends after it. Each slot has a loop of its own, so that a disk that hangs holds up no other; the
/// status is read by anyone.
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
    private static readonly TimeSpan PatienceForOne = TimeSpan.FromSeconds(10);
    private static readonly Duration HeadEvery = Duration.FromSeconds(10);
    private readonly IReadOnlyList<VolumeSlot> _slots = [.. wishes.Volumes.Select(w => new VolumeSlot(w))];
    private readonly CancellationTokenSource _stop = new();
    private readonly VolumeMemory _memory = new(store, reader, log);
    private Instant _headAt = Instant.MinValue;
    private volatile bool _headDue;
    private Task _heads = Task.CompletedTask;

    /// <summary>Guards who is in use: two slots may open the same disk at the same time, and one that comes too late for the start is reconciled by itself.</summary>
    private readonly Lock _joining = new();

    /// <summary>Disks that are being opened, by id: two paths may lead to one, and it is salvaged and appended to by one slot only.</summary>
    private readonly Dictionary<Guid, Volume> _opening = [];
    private bool _begun;

    /// <summary>All volumes as they are now, in the order of the settings.</summary>
    public IReadOnlyList<VolumeStatus> Status => [.. _slots.Select(s => s.Status)];

    private IEnumerable<VolumeSlot> Recorded => _slots.Where(s => s.Wish.Role == VolumeRole.Primary);

    private IEnumerable<VolumeSlot> Rest => _slots.Where(s => s.Wish.Role != VolumeRole.Primary);

    /// <summary>
    /// Opens what is there. A volume that is refused does not keep the box from starting, a mirror that hangs for 3 s at most, and one that is recorded to, for 10 s once another one
    /// is ready: a salvage takes its time.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var stop = _stop.Token;
        // Asked once for all: a slot does not wait for an answer that another one waits for.
        await _memory.KnownAsync(StorePatience, cancellationToken);
        var looks = _slots.ToDictionary(s => s, s => Task.Run(() => FirstLookAsync(s, stop), CancellationToken.None));
        foreach (var slot in _slots) slot.Loop = Task.Run(() => LoopAsync(() => StepAsync(slot, stop), looks[slot], stop), CancellationToken.None);
        await ReadyAsync([.. Recorded.Select(s => looks[s])], cancellationToken);
        await Task.WhenAny(Task.WhenAll(Rest.Select(s => looks[s])), Task.Delay(Patience, cancellationToken));
        Begin();
        NoteHeads();
        await _memory.EndAsync(StorePatience);
        _heads = Task.Run(() => LoopAsync(NoteDueHeads, Task.CompletedTask, stop), CancellationToken.None);
    }

    /// <summary>Looks at every volume for the first time, in the order of the settings. The index is reconciled as a whole afterwards.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        foreach (var slot in _slots) await LookAsync(slot, cancellation);
        Begin();
        NoteHeads();
        await _memory.EndAsync(StorePatience);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _heads;
        var recorded = EndAllAsync(Recorded);
        await EndAllAsync(Rest).WaitAsync(EndingOfOthers, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await recorded.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _memory.EndAsync(StorePatience);
        NoteHeads();
        await _memory.EndAsync(StorePatience);
    }

    /// <summary>Looks at every volume once; the loops call it each second.</summary>
    public async Task StepAsync(CancellationToken cancellation)
    {
        foreach (var slot in _slots) await StepAsync(slot, cancellation);
        await NoteDueHeads();
    }

    public void Dispose() => _stop.Dispose();

    private static Task EndAllAsync(IEnumerable<VolumeSlot> slots) => Task.WhenAll(slots.Select(async slot =>
    {
        await slot.Loop;
        if (slot.Writer is { } writer) await writer.DisposeAsync();
    }));

    /// <summary>What opens from now on is reconciled by itself.</summary>
    private void Begin()
    {
        lock (_joining) _begun = true;
    }

    private async Task ReadyAsync(IReadOnlyList<Task> looks, CancellationToken cancellation)
    {
        var all = Task.WhenAll(looks);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var patience = Task.Delay(PatienceForOne, limit.Token);
        // Without any volume there is nothing to start for: the only disk is waited for, however long its salvage takes.
        while (await Task.WhenAny(all, patience) != all && writers.All.Count == 0 && !cancellation.IsCancellationRequested) patience = Task.Delay(Period, limit.Token);
        await limit.CancelAsync();
    }

    private async Task FirstLookAsync(VolumeSlot slot, CancellationToken cancellation)
    {
        try
        {
            await LookAsync(slot, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The slot's loop tries again.
            LogFailed(e);
        }
    }

    private async Task StepAsync(VolumeSlot slot, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        try
        {
            if (slot.Volume is not null && Broken(slot) is { } trouble) Retire(slot, trouble.Fault, trouble.Cause, now);
            if (slot.Volume is null && (now >= slot.NextLook || slot.NextLook > now + Duration.FromMinutes(1))) await LookAsync(slot, cancellation);
            Tell(slot, now);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One volume's fault is not the next one's.
            LogFailed(e);
        }
    }

    private Task NoteDueHeads()
    {
        var now = clock.GetCurrentInstant();
        if (!_headDue && now < _headAt && now > _headAt - HeadEvery) return Task.CompletedTask;
        (_headDue, _headAt) = (false, now + HeadEvery);
        NoteHeads();
        return Task.CompletedTask;
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

    private async Task LookAsync(VolumeSlot slot, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        if (slot.Leaving is { IsCompleted: false }) return;
        slot.Leaving = null;
        var known = await _memory.KnownAsync(StorePatience, cancellation);
        var admitted = wishes.Admission.Look(slot.Wish, known, [.. _slots.Select(s => s.Volume).OfType<Volume>()], now);
        SealLog? seals = null;
        VolumeWriter? writer = null;
        Volume? reserved = null;
        try
        {
            if (admitted.Volume is not { } volume) throw new VolumeRefusedException(admitted.Fault, admitted.Cause!);
            Reserve(slot, volume);
            reserved = volume;
            // A disk that cannot be written to is known at once, and not by the first picture that is lost.
            volume.Probe();
            if (slot.Wish.Role != VolumeRole.Staging)
            {
                seals = SealLog.Open(volume.Root, clock);
                if (admitted.Cause is { } cause) seals.Append(new SealRecord { Type = SealType.Noted, Cause = cause });
                preparation.Prepare(volume, seals, cancellation);
                writer = wishes.Factory(volume, slot.Wish.Role, seals);
            }

            if (!TryJoin(slot, volume, writer, reconciled: slot.Wish.Role != VolumeRole.Primary))
            {
                await preparation.ReconcileAsync(volume, cancellation);
                TryJoin(slot, volume, writer, reconciled: true);
            }

            writer = null;
            // Only now: of two that are opened at once, at least the later one sees the other.
            slot.Notice = admitted.Cause ?? SharesDisk(slot, volume);
            _memory.Forget(volume.Id);
            slot.Calm();
            if (slot.Notice is { } notice) LogNotice(slot.Wish.Path, notice);
            if (_begun) LogBack(slot.Wish.Path);
            _headDue = true;
            Tell(slot, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VolumeRefusedException)
        {
            var fault = (e as VolumeRefusedException)?.Fault ?? VolumeFaults.Of(e);
            if (slot.Status.Cause != e.Message) LogRefused(slot.Wish.Path, e.Message);
            slot.Status = slot.Status with { Fault = fault == VolumeFault.None ? VolumeFault.Other : fault, Cause = e.Message, Free = 0, BytesPerSecond = null };
            slot.BackOff(now);
        }
        finally
        {
            // Whoever did not get to its place gives the log back.
            if (writer is not null) await writer.DisposeAsync();
            else if (slot.Writer is null) seals?.Dispose();
            if (reserved is not null) Release(reserved);
        }
    }

    /// <summary>From here on nobody else opens this disk, until <see cref="Release"/>.</summary>
    private void Reserve(VolumeSlot slot, Volume volume)
    {
        lock (_joining)
        {
            if ((_opening.GetValueOrDefault(volume.Id) ?? _slots.FirstOrDefault(s => s != slot && s.Volume?.Id == volume.Id)?.Volume) is { } twin)
                throw new VolumeRefusedException(VolumeFault.Other, VolumeAdmission.CopyOf(slot.Wish.Path, twin));
            _opening[volume.Id] = volume;
        }
    }

    private void Release(Volume volume)
    {
        lock (_joining) _opening.Remove(volume.Id);
    }

    /// <summary>From here on the volume is used; false when it has to be reconciled before.</summary>
    private bool TryJoin(VolumeSlot slot, Volume volume, VolumeWriter? writer, bool reconciled)
    {
        lock (_joining)
        {
            if (_begun && !reconciled) return false;
            if (_slots.FirstOrDefault(s => s != slot && s.Volume?.Id == volume.Id) is { } twin) throw new VolumeRefusedException(VolumeFault.Other, VolumeAdmission.CopyOf(slot.Wish.Path, twin.Volume!));
            (slot.Writer, slot.Volume) = (writer, volume);
            if (slot.Wish.Role == VolumeRole.Primary)
            {
                volumes.Add(volume);
                writers.Add(writer!);
            }
            else if (slot.Wish.Role == VolumeRole.Mirror) (volumes.Mirror, writers.Mirror) = (volume, writer);
            return true;
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
        var ended = Task.Run(() => writer.DisposeAsync().AsTask(), CancellationToken.None);
        if (await Task.WhenAny(ended, Task.Delay(Ending)) != ended) LogStuck(path);
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void Tell(VolumeSlot slot, Instant now)
    {
        if (slot.Volume is not { } volume) return;
        var (free, total) = slot.Writer is { } writer ? (writer.FreeBytes, writer.TotalBytes) : volume.Space();
        if (slot.Writer is not null) slot.Rate.Take(slot.Writer.WrittenBytes, now);
        slot.Status = new(slot.Wish.Path, slot.Wish.Role, volume.Id, slot.Writer?.Fault ?? VolumeFault.None, slot.Writer?.Failure ?? slot.Notice, free, total, slot.Rate.BytesPerSecond);
    }

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
