import { useInfiniteQuery } from "@tanstack/react-query";
import { errorMessage } from "@/features/auth/messages";
import { useSession, type User } from "@/features/auth/session";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { securityEvents, type SecurityEvent } from "./account";
import { describe } from "./activity";

/** Formats the time of an event in the reader's locale. */
function timeOf({ occurredAt }: SecurityEvent): string {
  const format = new Intl.DateTimeFormat([...navigator.languages], { dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(occurredAt));
}

/** Lists what happened to the account: sign-ins, changes of the password and so on. */
export function ActivitySection({ user }: { user: User }) {
  const { data: current } = useSession();
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch, isFetching } =
    useInfiniteQuery({
      queryKey: ["activity", user.id, current?.session.id],
      queryFn: ({ pageParam }) => securityEvents(pageParam),
      initialPageParam: null as string | null,
      getNextPageParam: (last) => last.nextCursor,
    });
  const events = data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <section aria-labelledby="activity" className="rounded-2xl border border-line bg-card p-5 sm:p-6">
      <h2 id="activity" className="mb-3 text-lg font-bold">
        Recent activity
      </h2>
      {/* As high as the first page with its button, so that its arrival does not move the section below. */}
      <div className="min-h-64">
        {isPending && <p role="status">Loading…</p>}
        {error && (
          <div className="flex flex-wrap items-center gap-3">
            <Notice kind="error">{errorMessage(error)}</Notice>
            <Button busy={isFetching} onClick={() => void refetch()}>
              Try again
            </Button>
          </div>
        )}
        <ul className="divide-y divide-line">
          {events.map((event, index) => {
            const text = describe(event);
            return text === null ? null : (
              <li key={`${event.occurredAt} ${index}`} className="py-3">
                <p className="font-medium break-words">{text}</p>
                <p className="text-sm text-soft">
                  {timeOf(event)}
                  {event.ipAddress && ` · ${event.ipAddress}`}
                </p>
              </li>
            );
          })}
        </ul>
        {hasNextPage && !error && (
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        )}
      </div>
    </section>
  );
}
