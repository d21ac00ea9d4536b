using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Audit;
using Heldar.Edge.Cameras;
using Heldar.Edge.Schedules;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Jobs;

/// <summary>Routes of recording jobs and series. What is answered counts.</summary>
internal static class JobEndpoints
{
    private const int MaxListed = 1000;
    private static readonly Duration Past = Duration.FromDays(7);
    private static readonly Duration Future = Duration.FromDays(30);

    public static void MapJobs(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1").WithTags("jobs");
        group.MapGet("/cameras/{id}/recording-jobs", ListAsync).Needs(Capability.CameraRead).OfCamera().Produces<IReadOnlyList<JobDto>>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        group.MapPost("/cameras/{id}/recording-jobs", AddAsync).Needs(Capability.RegistryManage).OfCamera().WritesOwnAudit().Accepts<JobWrite>("application/json").Produces<JobDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapGet("/recording-jobs/{id}", GetAsync).Needs(Capability.CameraRead).FiltersCameras().Produces<JobDto>().Produces<ErrorBody>(404);
        group.MapDelete("/recording-jobs/{id}", CancelAsync).Needs(Capability.RegistryManage).FiltersCameras().WritesOwnAudit().Produces(204).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapGet("/cameras/{id}/recording-series", ListSeries).Needs(Capability.CameraRead).OfCamera().Produces<IReadOnlyList<SeriesDto>>().Produces<ErrorBody>(404);
        group.MapPost("/cameras/{id}/recording-series", AddSeriesAsync).Needs(Capability.RegistryManage).OfCamera().WritesOwnAudit().Accepts<SeriesWrite>("application/json").Produces<SeriesDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapDelete("/recording-series/{id}", RemoveSeriesAsync).Needs(Capability.RegistryManage).FiltersCameras().WritesOwnAudit().Produces(204).Produces<ErrorBody>(404);
    }

    private static async Task<IResult> ListAsync(string id, string? from, string? to, CameraRegistry cameras, IStoreReader reader, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        if (TimeRange.Read(from, to, clock.GetCurrentInstant() + Future, Past + Future, out var range) is { } problem) return Problems.BadRequest(problem);
        var jobs = await reader.ReadAsync(db => JobRows.Find(db, camera.Uid, range.From, range.To, MaxListed), cancellation);
        return Results.Json(jobs.Select(j => ToDto(j, cameras)).ToList(), BoxJson.Options);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, CameraRegistry cameras, IStoreReader reader, CancellationToken cancellation) =>
        await FindAsync(id, caller, cameras, reader, cancellation) is { } job ? Results.Json(ToDto(job, cameras), BoxJson.Options) : NoJob();

    private static async Task<IResult> AddAsync(string id, HttpRequest request, Caller caller, CameraRegistry cameras, JobBook book, JobsService service, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        var (body, refusal) = await RequestBody.ReadAsync<JobWrite>(request, cancellation);
        if (body is null) return refusal!;
        if (JobReader.Read(body, camera.Uid, clock.GetCurrentInstant(), out var problem) is not { } job) return Problems.BadRequest(problem!);
        if (!await book.AddAsync(job, Note(caller, "recording_job.added", job.Id, camera.Uid, new { now = ToDto(job, cameras) }), cancellation)) return Problems.Conflict($"a box takes at most {JobBook.MaxLive} jobs at a time");
        await FollowAsync(camera.Uid, cameras, service, cancellation);
        return Results.Json(ToDto(job, cameras), BoxJson.Options, statusCode: 201);
    }

    private static async Task<IResult> CancelAsync(string id, Caller caller, CameraRegistry cameras, IStoreReader reader, JobBook book, JobsService service, CancellationToken cancellation)
    {
        if (await FindAsync(id, caller, cameras, reader, cancellation) is not { } job) return NoJob();
        if (await book.CancelAsync(job.Id, Note(caller, "recording_job.cancelled", job.Id, job.Camera, new { was = ToDto(job, cameras) }), cancellation) != CancelOutcome.Done) return Problems.Conflict("the job has ended");
        await FollowAsync(job.Camera, cameras, service, cancellation);
        return Results.NoContent();
    }

    private static IResult ListSeries(string id, CameraRegistry cameras, JobBook book, BoxSettings settings) => cameras.Find(id) is { } camera
        ? Results.Json(book.Series.Where(s => s.Camera == camera.Uid).OrderBy(s => s.Id).Select(s => ToDto(s, camera.Slug, settings)).ToList(), BoxJson.Options)
        : CameraEndpoints.NotFound();

    private static async Task<IResult> AddSeriesAsync(
        string id, HttpRequest request, Caller caller, CameraRegistry cameras, JobBook book, JobsService service, BoxSettings settings, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        var (body, refusal) = await RequestBody.ReadAsync<SeriesWrite>(request, cancellation);
        if (body is null) return refusal!;
        if (JobReader.Read(body, camera.Uid, settings.TimeZone, clock.GetCurrentInstant(), out var problem) is not { } series) return Problems.BadRequest(problem!);
        if (!await book.AddAsync(series, Note(caller, "recording_series.added", series.Id, camera.Uid, new { now = ToDto(series, camera.Slug, settings) }), cancellation)) return Problems.Conflict($"a box takes at most {JobBook.MaxSeries} series and {JobBook.MaxLive} jobs at a time");
        await FollowAsync(camera.Uid, cameras, service, cancellation);
        return Results.Json(ToDto(series, camera.Slug, settings), BoxJson.Options, statusCode: 201);
    }

    private static async Task<IResult> RemoveSeriesAsync(string id, Caller caller, CameraRegistry cameras, JobBook book, JobsService service, BoxSettings settings, CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(id, "D", out var key) || book.Series.FirstOrDefault(s => s.Id == key) is not { } known || !caller.Sees(cameras.Find(known.Camera)?.Slug)
            || await book.RemoveSeriesAsync(key, Note(caller, "recording_series.removed", key, known.Camera, new { was = ToDto(known, cameras.Find(known.Camera)?.Slug ?? "", settings) }), cancellation) is not { } series) return Problems.NotFound("there is no such series on this box");
        await FollowAsync(series.Camera, cameras, service, cancellation);
        return Results.NoContent();
    }

    /// <summary>The job with this id; null when there is none that the caller may know of.</summary>
    private static async Task<RecordingJob?> FindAsync(string id, Caller caller, CameraRegistry cameras, IStoreReader reader, CancellationToken cancellation) =>
        Guid.TryParseExact(id, "D", out var key) && await reader.ReadAsync(db => JobRows.Find(db, key), cancellation) is { } job && caller.Sees(cameras.Find(job.Camera)?.Slug) ? job : null;

    private static Task FollowAsync(Guid camera, CameraRegistry cameras, JobsService service, CancellationToken cancellation)
    {
        service.Wake();
        return cameras.ReviewAsync(camera, cancellation);
    }

    private static AuditEntry Note(Caller caller, string action, Guid id, Guid camera, object detail) => new(caller.Actor, action, id.ToString("D")) { Camera = camera, Detail = detail };

    private static IResult NoJob() => Problems.NotFound("there is no such job on this box");

    private static JobDto ToDto(RecordingJob j, CameraRegistry cameras) => new()
    {
        Id = j.Id,
        CameraId = cameras.Find(j.Camera)?.Slug ?? "",
        Name = j.Name,
        SeriesId = j.Series,
        StartTime = j.From,
        EndTime = j.To,
        State = j.State,
        StateSince = j.Since,
        Detail = j.Detail,
    };

    private static SeriesDto ToDto(JobSeries s, string slug, BoxSettings settings) => new()
    {
        Id = s.Id,
        CameraId = slug,
        Name = s.Name,
        Days = s.Days.Numbers,
        TimeStart = DailyWindow.Text(s.Window.Start),
        TimeEnd = DailyWindow.Text(s.Window.End),
        FirstDate = s.First is { } first ? LocalDatePattern.Iso.Format(first) : null,
        LastDate = s.Last is { } last ? LocalDatePattern.Iso.Format(last) : null,
        TimeZone = settings.TimeZone.Id,
    };
}
