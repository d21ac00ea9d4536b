using System.IO.Pipelines;

namespace Heldar.Edge.Tests.RemoteAccess;

/// <summary>Two streams, each reading what the other writes.</summary>
internal sealed class DuplexStream(Stream reads, Stream writes) : Stream
{
    public static (DuplexStream A, DuplexStream B) Pair()
    {
        var options = new PipeOptions(pauseWriterThreshold: 1024 * 1024, resumeWriterThreshold: 512 * 1024);
        var (one, two) = (new Pipe(options), new Pipe(options));
        return (new DuplexStream(one.Reader.AsStream(), two.Writer.AsStream()), new DuplexStream(two.Reader.AsStream(), one.Writer.AsStream()));
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => writes.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => writes.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => reads.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reads.ReadAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => writes.Write(buffer, offset, count);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await writes.WriteAsync(buffer, cancellationToken);
        await writes.FlushAsync(cancellationToken);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            reads.Dispose();
            writes.Dispose();
        }

        base.Dispose(disposing);
    }
}
