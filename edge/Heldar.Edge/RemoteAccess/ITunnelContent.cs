using Heldar.Contracts.Api;

namespace Heldar.Edge.RemoteAccess;

/// <summary>What the tunnel may serve. Whatever it does not know it answers with an error; it never builds a path from a request.</summary>
internal interface ITunnelContent
{
    /// <summary>Answers one request. The caller disposes the answer.</summary>
    Task<TunnelAnswer> OpenAsync(TunnelRequest request, CancellationToken cancellation);
}

/// <summary>Either an error or a head with a body of exactly <see cref="TunnelResponse.ContentLength"/> bytes.</summary>
internal sealed record TunnelAnswer(TunnelResponse? Head, Stream? Body, ErrorBody? Error) : IDisposable
{
    public static TunnelAnswer Refuse(string code, string error) => new(null, null, new ErrorBody(error, code));

    public void Dispose() => Body?.Dispose();
}
