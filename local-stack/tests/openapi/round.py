"""A round of requests with the clients that openapi-python-client generates."""

import os
import uuid

from latchkey_auth import AuthenticatedClient as AuthClient
from latchkey_auth import Client as AnonymousClient
from latchkey_auth.api.credentials import sign_in, sign_up
from latchkey_auth.api.sessions import get_session, sign_out
from latchkey_auth.api.tokens import token
from latchkey_auth.models import ProtocolError, SignIn, SignUp
from latchkey_tasks import AuthenticatedClient as TasksClient
from latchkey_tasks.api.tasks import change_task, complete_task, create_task, delete_task, get_task, list_tasks
from latchkey_tasks.models import Completion, Envelope, NewTask, Priority, TaskChanges
from latchkey_tasks.types import UNSET

auth_url, tasks_url = os.environ["AUTH_URL"], os.environ["TASKS_URL"]
email, password = f"{uuid.uuid4()}@example.com", "correct horse battery"

# The client keeps cookies, and a request with cookies is asked where it comes from.
anonymous = AnonymousClient(base_url=auth_url, headers={"origin": os.environ["ORIGIN"]})
signed_up = sign_up.sync(client=anonymous, body=SignUp(name="Alice", email=email, password=password))
assert signed_up.user.email == email and signed_up.user.image is None, signed_up

refused = sign_in.sync(client=anonymous, body=SignIn(email=email, password="wrong horse battery"))
assert isinstance(refused, ProtocolError) and refused.code == "INVALID_EMAIL_OR_PASSWORD", refused
signed_in = sign_in.sync(client=anonymous, body=SignIn(email=email, password=password))
session = AuthClient(base_url=auth_url, token=signed_in.token)
assert get_session.sync(client=session).user.id == signed_in.user.id

tasks = TasksClient(base_url=tasks_url, token=token.sync(client=session).token)
created = create_task.sync("me", client=tasks, body=NewTask(title="Water the plants", priority=Priority.HIGH))
assert created.title == "Water the plants" and created.due_date is None, created
invalid = create_task.sync("me", client=tasks, body=NewTask(title="\u200b"))
assert isinstance(invalid, Envelope) and invalid.code == "VALIDATION_ERROR", invalid
assert [task.id for task in list_tasks.sync("me", client=tasks, search="water").tasks] == [created.id]
changed = change_task.sync("me", created.id, client=tasks, body=TaskChanges(title="Water them", description=None))
assert changed.title == "Water them" and changed.priority is Priority.HIGH, changed
assert complete_task.sync("me", created.id, client=tasks, body=Completion(is_completed=True)).is_completed
assert get_task.sync("me", created.id, client=tasks).is_completed
assert delete_task.sync_detailed("me", created.id, client=tasks).status_code == 204
missing = get_task.sync("me", created.id, client=tasks)
assert isinstance(missing, Envelope) and missing.code == "TASK_NOT_FOUND", missing
assert list_tasks.sync("me", client=tasks, cursor=UNSET).tasks == []

assert sign_out.sync(client=session).success
assert get_session.sync(client=session) is None
print("went round")
