"""Common first names in the United States, of adults. Left out are those that are words or places as well.

So a text keeps "Will Veterans see it", "Mark as read", "April 2026", "Crystal Reports" and "Austin Clinic".
"""

_NAMES = """
aaron abigail adam adrian adriana agnes alan albert alberto alejandro alex alexander alexandra alexis alfred
alfredo alice alicia alison allan allen allison alma alvin alyssa amanda amy ana andre andrea andrew andy
angel angela angelica angelo angie anita ann anna anne annette annie anthony antoine antonia antonio armando
arnold arthur arturo ashley audrey barbara barry beatrice becky ben benjamin bernadette bernard bernice bessie
beth bethany betsy betty beulah beverly billie billy blanca bob bobbie bobby bonnie brad bradley brandi
brandon brandy brenda brendan brent brett brian bridget brittany bruce bryan bryant byron caitlin calvin
candace candice carl carla carlos carmen carol carole caroline carolyn carrie casey cassandra catherine cathy
cecelia cecil cecilia cedric cesar chad charlene charles charlie chelsea cheryl chester chris christian
christina christine christopher christy cindy claire clara clarence claudia clayton clifford clifton clinton
clyde cody colleen connie constance corey cory courtney craig cristina curtis cynthia dale damon dana daniel
danielle danny darlene darrell darren darryl dave david debbie deborah debra delores denise dennis derek
derrick desiree diana diane dianne dolores dominic dominique don donald donna dora doris dorothy doug douglas
duane dustin dwayne dwight earl ed eddie edgar edith edna eduardo edward edwin eileen elaine eleanor elena
elizabeth ella ellen elmer eloise elsie emily emma enrique eric erica erik erika erin ernest ernesto esther
ethan ethel eugene eva evan evelyn felicia felix fernando florence floyd frances francis francisco franklin
fred freddie frederick gabriel gabriela gail gary geoffrey george gerald geraldine gerard gertrude gilbert
gina gladys glen glenda glenn gloria gordon greg gregg gregory guadalupe guillermo gustavo gwendolyn hannah
harold harriet harry harvey heather hector heidi helen henry herbert herman hilda holly homer howard hugh ian
ida inez irene irma isaac isabel ismael ivan jackie jacob jacqueline jaime jake james jamie jan jane janet
janice janie jared jason javier jay jean jeanette jeanne jeff jeffery jeffrey jenna jennie jennifer jenny
jeremiah jeremy jermaine jerome jerry jesse jessica jessie jesus jill jim jimmie jimmy jo joan joann joanna
joanne jodi jody joe joel joey johanna john johnnie johnny jon jonathan jorge jose joseph josephine joshua
joyce juan juana juanita judith judy julia julian julie julio justin karen karl karla kate katherine kathleen
kathryn kathy katie katrina kayla keith kelley kelli kellie kelly kelvin ken kendra kenneth kerry kevin kim
kimberly kirk krista kristen kristi kristin kristina kristine kristy kurt kyle lamar larry latoya laura lauren
laurie lawrence leah lee leigh lena leo leon leona leonard leroy leslie lester lewis lillian lillie linda
lindsay lindsey lisa lloyd lois lola lonnie lora lorena lorenzo loretta lori lorraine louis louise lucas lucia
lucille lucy luis luke luther luz lydia lynda lynn lynne mabel mae malcolm mandy manuel marc marcella marcia
marco marcos marcus margaret margarita margie maria marianne marie marilyn mario marjorie mark marlene marsha
marshall martha martin marvin mary mathew matthew mattie maureen maurice max maxine megan meghan melanie
melinda melissa melvin mercedes meredith michael michele michelle miguel mike mildred milton mindy minnie
miranda miriam mitchell molly mona monica monique morris muriel myra myrtle nadine nancy naomi natalie natasha
nathan nathaniel neil nellie nelson nicholas nichole nick nicole nina noah noel nora norma norman olga oliver
olivia omar oscar otis owen pablo pam pamela patricia patrick patsy patti patty paul paula pauline pedro peggy
percy perry peter phil philip phillip phyllis preston priscilla rachael rachel rafael ralph ramon ramona
randall randolph randy raquel raul ray raymond rebecca regina reginald renee rhonda ricardo richard rick ricky
rita robert roberta roberto robin robyn rochelle roderick rodney rodolfo roger roland ron ronald ronnie rosa
rosalie rosemarie rosemary rosie ross roxanne roy ruben rudy russell ruth ryan sabrina sally salvador sam
samantha samuel sandra sandy santiago sara sarah scott sean sergio seth shane shannon sharon shaun shawn
sheila shelia shelley shelly sheri sherri sherry sheryl shirley sidney silvia simon sonia sonja sonya sophia
sophie stacey stacy stanley stella stephanie stephen steve steven stewart stuart susan susie suzanne sylvia
tabitha tamara tami tammy tanya tara tasha ted teresa teri terrance terrell terrence terri terry thelma
theodore theresa thomas tiffany tim timothy tina todd tom tommy toni tony tonya tracey traci tracy travis
trevor tricia troy valerie vanessa velma vera vernon veronica vicki vickie vicky victor vincent viola violet
vivian wallace walter wanda warren wayne wendell wendy wesley wilbur willard william willie wilma winifred
yolanda yvette yvonne zachary
"""
FIRST_NAMES = frozenset(_NAMES.split())
