using System.Text.Json;
using Azure;
using Heldar.Contracts.Api;
using Npgsql;

namespace Heldar.Fleet.Api;

/// <summary>
/// Outermost: turns what endpoints throw into the one error form. Bad input is the caller's (400, 413); an unreachable database or storage account is 503; anything else is a
/// bug: logged with its trace, answered 500 without detail. Once an answer has begun it is cut off instead.
/// </summary>
internal sealed partial class FailureMiddleware(RequestDelegate next, ILogger<FailureMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            if (!context.Response.HasStarted) context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await Answers.WriteAsync(context, Map(context, failure));
        }
    }

    private Refusal Map(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case BadInputException bad:
                return Refusal.Of(400, ErrorCodes.BadRequest, bad.Message);
            case BusyException busy:
                return Refusal.Of(503, ErrorCodes.TooMany, busy.Message);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return Refusal.Of(413, ErrorCodes.TooLarge, $"the body is too large: at most {JsonBody.MaxBytes} bytes");
            case BadHttpRequestException bad:
                return Refusal.Of(bad.StatusCode is >= 400 and < 500 ? bad.StatusCode : 400, ErrorCodes.BadRequest, bad.Message);
            case JsonException bad:
                return Refusal.Of(400, ErrorCodes.BadRequest, $"the body is not what this call takes: {bad.Message}");
            case PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } or TimeoutException:
                Slow(context.Request.Path, failure.Message);
                return Refusal.Of(503, ErrorCodes.Unavailable, "the database took too long; ask for less at once or try again");
            case NpgsqlException when failure is not PostgresException:
                DatabaseAway(context.Request.Path, failure.Message);
                return Refusal.Of(503, ErrorCodes.Unavailable, "the database cannot be reached; try again in a moment");
            case RequestFailedException:
            case AggregateException many when many.InnerExceptions.All(e => e is RequestFailedException):
                StorageAway(context.Request.Path, failure.Message.Split('\n')[0]);
                return Refusal.Of(503, ErrorCodes.Unavailable, "the storage account does not answer; try again in a moment");
            default:
                Broken(failure, context.Request.Method, context.Request.Path);
                return Refusal.Of(500, "internal", $"the fleet failed; its log has the cause under {context.TraceIdentifier}");
        }
    }
}
