using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>Makes the writer of a volume whose seal log is open and whose files are in order.</summary>
internal delegate VolumeWriter VolumeWriterFactory(Volume volume, VolumeRole role, SealLog seals);

/// <summary>
/// Looks after the volumes of the settings: lets in the disks that are the right ones, takes a failing one out of use, and brings it back after a write that
/// was read again, salvage and reconciling. Starts before anything records and ends after it. One loop owns the slots; the status is read by anyone.
/// </summary>
internal sealed partial class VolumeKeeper(
    VolumeWishes wishes, VolumeSet volumes, VolumeWriters writers, IVolumePreparation preparation, IStoreWriter store, IStoreReader reader, IClock clock,
    ILogger<VolumeKeeper> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(5);
    private static readonly Duration HeadEvery = Duration.FromSeconds(10);
    private readonly IReadOnlyList<VolumeSlot> _slots = [.. wishes.Volumes.Select(w => new VolumeSlot(w))];
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<Guid, SealHead?> _noted = [];
    private Instant _headAt = Instant.MinValue;
    private Task _loop = Task.CompletedTask;

    /// <summary>All volumes as they are now, in the order of the settings.</summary>
    public IReadOnlyList<VolumeStatus> Status => [.. _slots.Select(s => s.Status)];

    /// <summary>Opens what is there. A volume that is refused does not keep the box from starting.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        _loop = Task.Run(LoopAsync, CancellationToken.None);
    }

    /// <summary>Looks at every volume for the first time. The index is reconciled as a whole afterwards.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        foreach (var slot in _slots) await LookAsync(slot, reconcile: false, cancellation);
        await NoteHeadsAsync(cancellation);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop;
        var all = _slots.Select(s => s.Writer).OfType<VolumeWriter>().ToList();
        await Task.WhenAll(all.Select(w => w.DisposeAsync().AsTask())).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await NoteHeadsAsync(CancellationToken.None);
    }

    /// <summary>Looks at every volume once; the loop calls it each second.</summary>
    public async Task StepAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        foreach (var slot in _slots)
        {
            if (slot.Volume is not null && Broken(slot) is { } trouble) Retire(slot, trouble.Fault, trouble.Cause, now);
            if (slot.Volume is null && (now >= slot.NextLook || slot.NextLook > now + Duration.FromMinutes(1))) await LookAsync(slot, reconcile: true, cancellation);
            Tell(slot, now);
        }

        if (now < _headAt && now > _headAt - HeadEvery) return;
        _headAt = now + HeadEvery;
        await NoteHeadsAsync(cancellation);
    }

    public void Dispose() => _stop.Dispose();

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await StepAsync(_stop.Token);
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
        var known = await reader.ReadAsync(VolumeRows.Read, cancellation);
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
            _noted.Remove(volume.Id);
            if (slot.Wish.Role == VolumeRole.Primary)
            {
                volumes.Add(volume);
                writers.Add(slot.Writer!);
            }
            else if (slot.Wish.Role == VolumeRole.Mirror) (volumes.Mirror, writers.Mirror) = (volume, slot.Writer);
            slot.Calm();
            if (slot.Notice is { } notice) LogNotice(slot.Wish.Path, notice);
            if (reconcile) LogBack(slot.Wish.Path);
            _headAt = Instant.MinValue;
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

    private async Task NoteHeadsAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        var changed = _slots.Where(s => s.Volume is not null && (!_noted.TryGetValue(s.Volume.Id, out var head) || head != s.Writer?.Head))
            .Select(s => (s.Volume!, VolumeAdmission.Word(s.Wish.Role), s.Writer?.Head)).ToList();
        if (changed.Count == 0) return;
        await store.EnqueueAsync(
            db =>
            {
                foreach (var (volume, role, head) in changed) VolumeRows.Put(db, volume, role, head, now);
            },
            cancellation);
        foreach (var (volume, _, head) in changed) _noted[volume.Id] = head;
    }

    private sealed class VolumeRefusedException(VolumeFault fault, string cause) : Exception(cause)
    {
        public VolumeFault Fault => fault;
    }
}

/// <summary>What the settings want, how a disk is let in, and what writes it.</summary>
internal sealed record VolumeWishes(IReadOnlyList<VolumeSettings> Volumes, VolumeAdmission Admission, VolumeWriterFactory Factory);
