namespace Heldar.Edge.Store;

internal sealed partial class BoxStore
{
    private volatile TaskCompletionSource? _filling;

    /// <inheritdoc cref="IStoreReader.IsFilling"/>
    public bool IsFilling => _filling is not null;

    /// <inheritdoc/>
    public bool IsWhole => !IsSubstitute && !IsFilling;

    /// <summary>From now on <see cref="IsFilling"/>: called before anything that asks has started.</summary>
    public void BeginFilling() => _filling ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Everything that the seal logs say is in it.</summary>
    public void EndFilling()
    {
        var filling = _filling;
        _filling = null;
        filling?.TrySetResult();
    }

    /// <inheritdoc/>
    public Task FilledAsync(CancellationToken cancellation = default) => _filling?.Task.WaitAsync(cancellation) ?? Task.CompletedTask;
}
