"""The task API on FastAPI: asyncpg, which prepares statements by itself, PyJWT, and orjson for responses."""

import json
import os
import threading
import time
import urllib.request
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import jwt
import orjson
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field
from uuid_utils.compat import uuid7

COLUMNS = "id, user_id, title, description, is_completed, priority, due_date, created_at, updated_at"
LIST = f"""SELECT {COLUMNS} FROM tasks WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2)
           ORDER BY id DESC LIMIT $3"""
GET = f"SELECT {COLUMNS} FROM tasks WHERE user_id = $1 AND id = $2"
CREATE = f"""INSERT INTO tasks ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now())
             RETURNING {COLUMNS}"""
COMPLETE = f"""UPDATE tasks SET is_completed = $3, updated_at = now() WHERE user_id = $1 AND id = $2
               RETURNING {COLUMNS}"""


def end_with_parent():
    """Exits when the parent process exits. If the benchmark is killed, nothing else stops this process."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class NewTask(BaseModel):
    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str | None, Field(max_length=1000)] = None
    is_completed: bool = False
    priority: Literal["low", "medium", "high"] = "medium"
    due_date: datetime | None = None


class Completion(BaseModel):
    is_completed: bool


@asynccontextmanager
async def lifespan(app: FastAPI):
    end_with_parent()
    with urllib.request.urlopen(os.environ["JWKS_URL"]) as response:
        keys = json.load(response)["keys"]
    app.state.keys = {key["kid"]: jwt.PyJWK(key) for key in keys}
    size = 16 // int(os.environ["PROCESSES"])
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=size) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


async def current_user(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme != "Bearer":
            raise jwt.InvalidTokenError("no bearer token")
        key = request.app.state.keys[jwt.get_unverified_header(token)["kid"]]
        issuer, audience = os.environ["ISSUER"], os.environ["AUDIENCE"]
        return jwt.decode(token, key, algorithms=["RS256"], issuer=issuer, audience=audience)["sub"]
    except (jwt.InvalidTokenError, KeyError) as error:
        raise HTTPException(401, "The token is invalid.") from error


User = Annotated[str, Depends(current_user)]


def respond(content, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    return Response(body, status, headers, "application/json")


def task(row: asyncpg.Record | None) -> dict:
    if row is None:
        raise HTTPException(404, "There is no such task.")
    # asyncpg has its own subclass of UUID, which orjson does not serialize.
    return {**row, "id": str(row["id"])}


@app.get("/readyz")
async def readyz(request: Request) -> Response:
    await request.app.state.pool.fetchval("SELECT 1")
    return respond({"status": "ok"})


@app.get("/api/me/tasks")
async def list_tasks(
    request: Request, user: User, limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: UUID | None = None
) -> Response:
    rows = await request.app.state.pool.fetch(LIST, user, cursor, limit + 1)
    tasks = [task(row) for row in rows[:limit]]
    return respond({"tasks": tasks, "next_cursor": tasks[-1]["id"] if len(rows) > limit else None})


@app.get("/api/me/tasks/{task_id}")
async def get_task(request: Request, user: User, task_id: UUID) -> Response:
    return respond(task(await request.app.state.pool.fetchrow(GET, user, task_id)))


@app.post("/api/me/tasks")
async def create_task(request: Request, user: User, new: NewTask) -> Response:
    values = (uuid7(), user, new.title, new.description, new.is_completed, new.priority, new.due_date)
    created = task(await request.app.state.pool.fetchrow(CREATE, *values))
    return respond(created, 201, {"location": f"/api/{user}/tasks/{created['id']}"})


@app.patch("/api/me/tasks/{task_id}/complete")
async def complete_task(request: Request, user: User, task_id: UUID, completion: Completion) -> Response:
    row = await request.app.state.pool.fetchrow(COMPLETE, user, task_id, completion.is_completed)
    return respond(task(row))
