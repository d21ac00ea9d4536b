using Heldar.Edge.Audit;

namespace Heldar.Edge.Access;

/// <summary>
/// Writes down every call that changed something, whichever room answered it: who, what and where. Rooms add entries of their own where the content matters.
/// </summary>
internal sealed partial class AuditMiddleware(RequestDelegate next, IAuditLog audit, ILogger<AuditMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method) || context.Response.StatusCode >= 400) return;
        if (Caller.Of(context) is not { } caller || context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<AuditsItself>() is not null) return;
        try
        {
            // What was done is written down even when the caller has gone.
            await audit.AppendAsync(
                new AuditEntry(caller.Actor, $"api.{request.Method.ToLowerInvariant()}", request.Path.Value ?? "") { Detail = new { route = endpoint.RoutePattern.RawText, status = context.Response.StatusCode } },
                CancellationToken.None);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or ObjectDisposedException)
        {
            LogUnwritten(e, caller.Actor.Name, request.Method, request.Path);
        }
    }

    [LoggerMessage(3404, LogLevel.Error, "Not in the audit log: {Actor} {Method} {Path}")]
    private partial void LogUnwritten(Exception error, string actor, string method, string path);
}
