using Heldar.Contracts.Api;

namespace Heldar.Edge.Api;

/// <summary>
/// Outermost: gives every error a body, whoever made it, and keeps exceptions inside. What went wrong goes to the log, never to the caller.
/// </summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, e.StatusCode, e.StatusCode == 413 ? ErrorCodes.TooLarge : ErrorCodes.BadRequest, "the request is malformed");
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            LogFailed(e, context.Request.Method, context.Request.Path);
            await Problems.WriteAsync(context, 500, "internal", "the box failed; its log says why");
            return;
        }
        catch (Exception e)
        {
            // An end in order would claim that this was all: the caller must see that it was not.
            LogBrokenOff(e, context.Request.Method, context.Request.Path);
            context.Abort();
            return;
        }

        var response = context.Response;
        if (response.HasStarted || response.StatusCode < 400 || response.ContentType is not null) return;
        var (code, error) = response.StatusCode switch
        {
            404 => (ErrorCodes.NotFound, "there is nothing here"),
            405 => (ErrorCodes.BadRequest, "this path knows other methods"),
            413 => (ErrorCodes.TooLarge, "the body is too large"),
            416 => (ErrorCodes.BadRequest, "the range lies outside of the file"),
            >= 500 => (ErrorCodes.Unavailable, "the box cannot do this now"),
            _ => (ErrorCodes.BadRequest, "the request is malformed"),
        };
        await Problems.WriteAsync(context, response.StatusCode, code, error);
    }

    [LoggerMessage(1901, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailed(Exception error, string method, string path);

    [LoggerMessage(1902, LogLevel.Error, "{Method} {Path} was broken off in the middle of its answer")]
    private partial void LogBrokenOff(Exception error, string method, string path);
}
