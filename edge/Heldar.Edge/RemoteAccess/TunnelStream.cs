using Heldar.Contracts.Api;

namespace Heldar.Edge.RemoteAccess;

/// <summary>What one running stream holds.</summary>
internal sealed class TunnelStream(CancellationTokenSource cancellation) : IDisposable
{
    public CancellationTokenSource Cancellation { get; } = cancellation;

    public StreamCredit Credit { get; } = new(Tunnel.InitialCredit);

    public Task Task { get; set; } = Task.CompletedTask;

    /// <summary>Ends the stream; nothing when it has just ended.</summary>
    public void Cancel()
    {
        try
        {
            Cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended on its own between the look-up and here.
        }
    }

    public void Dispose()
    {
        Credit.Dispose();
        Cancellation.Dispose();
    }
}

/// <summary>Bytes that a stream may still send. Thread-safe for one taker and any adders.</summary>
internal sealed class StreamCredit(int initial) : IDisposable
{
    /// <summary>More than this is not kept: a hostile credit buys nothing.</summary>
    public const int Max = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private long _bytes = initial;

    public void Add(uint bytes)
    {
        lock (_lock) _bytes = Math.Min(Max, _bytes + bytes);
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // The taker has been told already.
        }
        catch (ObjectDisposedException)
        {
            // The stream has just ended.
        }
    }

    /// <summary>Takes 1 to <paramref name="most"/> bytes, waiting while there are none.</summary>
    public async Task<int> TakeAsync(int most, CancellationToken cancellation)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_bytes > 0)
                {
                    var taken = (int)Math.Min(most, _bytes);
                    _bytes -= taken;
                    return taken;
                }
            }

            await _changed.WaitAsync(cancellation);
        }
    }

    public void Dispose() => _changed.Dispose();
}
